import { expect } from "chai";
import * as fc from "fast-check";
import { objectKeys } from "../../../config/object-keys.ts";
import { redisKeys } from "../../../config/redis-keys.ts";
import { mediaName } from "../../../media/media-names.ts";

const id = fc.stringMatching(/^[0-9a-z]{26}$/);
const rendition = fc.constantFrom("source", "audio", "720p", "360p");
const name = fc.oneof(fc.constant("init" as const), fc.nat(100_000)).map(mediaName);

describe("object keys", () => {
  const ID = "01h0000000000000000000000a";

  it("are these", () => {
    expect(Object.entries(objectKeys).map(([what, key]) => `${what} ${typeof key === "string" ? key : (key as (...parts: unknown[]) => string)(ID, "720p", "3.m4s", "jpg")}`)).to.deep.equal([
      `record videos/${ID}/record.json`, `verdict videos/${ID}/verdict.json`, `plan videos/${ID}/plan.json`, `outcome videos/${ID}/outcome.json`, `contentKey videos/${ID}/content-key.json`, `twin videos/${ID}/twin.json`,
      `screening videos/${ID}/screening.json`, `review videos/${ID}/review.json`, `reviewMark reviews/${ID}/720p`, `reviewMarks reviews/${ID}/`, "allReviewMarks reviews/", `blocked blocked/${ID}/720p.json`, `allBlocked blocked/${ID}/`,
      `video videos/${ID}/`, `media videos/${ID}/media/720p/3.m4s`, `rendition videos/${ID}/media/720p/`,
      `still videos/${ID}/stills/720p-3.m4s.jpg`, `clip videos/${ID}/clips/720p-3.m4s.mp4`, `sheet videos/${ID}/storyboard/720p.jpg`, `allSheets videos/${ID}/storyboard/`, `profile videos/${ID}/profile.json`, `quality videos/${ID}/quality/720p/3.m4s`, `allQuality videos/${ID}/quality/`,
      `refusal videos/${ID}/refused/720p/3.m4s.json`, `refusals videos/${ID}/refused/720p/`, `usage videos/${ID}/usage/720p/3.m4s.jpg.0undefined.json`, `usageSoFar videos/${ID}/usage/720p/so-far/3.m4s.jpg.0undefined.json`, `usageDay videos/${ID}/usage/720p/`, `allUsage videos/${ID}/usage/`, `watched usage/${ID}/720p/3.m4s`, `watchedIn usage/${ID}/720p/`, "allWatched usage/", `captions videos/${ID}/subs/720p.vtt`, `tombstone deleted/${ID}.json`,
      `open open/${ID}`, `reopened open/${ID}.720p`, `leaving open/${ID}.deleted`, "allOpen open/", "allVideos videos/", `accessKey access/keys/${ID}/key.json`, `accessKeyRotated access/keys/${ID}/rotated.json`, `accessKeyRevoked access/keys/${ID}/revoked.json`, "allAccessKeys access/keys/", `webhook access/webhooks/${ID}/`, `webhookPart access/webhooks/${ID}/720p.json`, "allWebhooks access/webhooks/", `webhookPending webhooks/pending/${ID}/720p`, `webhookAllPending webhooks/pending/${ID}/`, "allWebhooksPending webhooks/pending/", `webhookDone webhooks/done/${ID}/720p/3.m4s`, "allWebhooksDone webhooks/done/", `linkRevoked access/links/${ID}/720p`, `linksRevoked access/links/${ID}/`, `personVideo persons/${ID}/videos/720p/3.m4s`, `personVideos persons/${ID}/videos/720p/`, `personUpload persons/${ID}/uploads/720p/3.m4s`, `personUploads persons/${ID}/uploads/720p/`, `videoPoster posters/${ID}/720p`, `videoPosters posters/${ID}/`, `erasureOrder erasures/${ID}/order.json`, `erasureFound erasures/${ID}/found.json`, `erasureDone erasures/${ID}/done.json`, `erasureOpen erasing/${ID}`, "allErasuresOpen erasing/", `auditRecords audit/${ID}/records/720p/3.m4s/000000000jpg`, `auditWriter audit/${ID}/records/720p/3.m4s/`, `auditHour audit/${ID}/records/720p/`, `auditHours audit/${ID}/records/`, `auditCheckpoint audit/${ID}/checkpoints/0000NaN/000000720p`, `auditCheckpoints audit/${ID}/checkpoints/`, `auditKey audit/${ID}/keys/720p`, `auditKeys audit/${ID}/keys/`, `auditDropped audit/${ID}/dropped/720p`, `allAuditDropped audit/${ID}/dropped/`,
      `capacityDay capacity/${ID}/720p.json`, `capacityDays capacity/${ID}/`, `storedCounts capacity-stored/${ID}.json`,
      `claim claims/${ID}.json`, `twinClaim twins/${ID}.json`,
      `uploadBytes uploads/${ID}/source`, `upload uploads/${ID}/upload.json`, `uploadBegun uploads/${ID}/begun.json`, `uploadPart uploads/${ID}/parts/00000000000720p`, `uploadParts uploads/${ID}/parts/`, `uploadTenant uploads/${ID}/tenants/720p`, `uploadTenants uploads/${ID}/tenants/`, `timetable timetables/${ID}.json`, "allTimetables timetables/",
      `heartbeat heartbeat/${ID}.json`, `standby standby/${ID}/720p`, `allStandby standby/${ID}/`, `adoption adopted/${ID}/720p/3.m4s-jpg`, `adoptionsFrom adopted/${ID}/`, "allAdoptions adopted/",
      `replicationMark replicating/${ID}/720p/3.m4s`, `replicationMarks replicating/${ID}/`, `uploadSign uploads/${ID}/coming/sign`, `uploadUnverified uploads/${ID}/coming/720p/00000000003.m4s`, `uploadRequest uploads/${ID}/coming/720p/`, `uploadComing uploads/${ID}/coming/`, `unitKey keys/${ID}key.json`, `unitKeys keys/${ID}`, "allUnitKeys keys/", "allUploads uploads/", `uploadFolder uploads/${ID}/`,
    ]);
  });

  it("put all of a video under one prefix, but for its tombstone and its mark", () => {
    for (const key of [objectKeys.record(ID), objectKeys.contentKey(ID), objectKeys.verdict(ID), objectKeys.plan(ID), objectKeys.outcome(ID), objectKeys.twin(ID), objectKeys.rendition(ID, "source"), objectKeys.still(ID, 0, 320, "jpg"), objectKeys.clip(ID, 0, 1), objectKeys.sheet(ID, 0)]) expect(key.startsWith(objectKeys.video(ID))).to.equal(true);
    expect(objectKeys.media(ID, "360p", "init.mp4").startsWith(objectKeys.rendition(ID, "360p"))).to.equal(true);
    expect(objectKeys.tombstone(ID).startsWith(objectKeys.allVideos)).to.equal(false);
    expect(objectKeys.open(ID)).to.equal(objectKeys.allOpen + ID);
    expect(objectKeys.record(ID).startsWith(objectKeys.allVideos)).to.equal(true);
  });

  it("differ for different videos and files, and none is the beginning of another's", () => {
    fc.assert(fc.property(id, id, rendition, name, name, (one, other, of, first, second) => {
      fc.pre(one !== other && first !== second);
      expect(objectKeys.media(one, of, first)).to.not.equal(objectKeys.media(one, of, second));
      expect(objectKeys.media(one, of, first).startsWith(objectKeys.video(other))).to.equal(false);
    }));
  });
});

describe("Redis keys", () => {
  it("all carry the namespace, so that meshes on one Redis do not meet", () => {
    const keys = redisKeys("eu");
    const built = [keys.warmSegment("v", "720p", "0.m4s"), keys.flight("v", "720p", "0.m4s"), keys.stored("v", "720p"), keys.refused("v", "720p"), keys.events("v"), keys.moments("v"), keys.catalog, keys.tenantCatalog("physics"), keys.catalogWhole, keys.catalogLook, keys.hostTimes("a.test:80"), keys.hostLeases("a.test:80"), keys.blockOwners("s"), keys.screening("v"), keys.erasing("o"), keys.errorIndex, keys.errorGroup("g"), keys.errorsTold("b"), keys.usageSession("v", "s"), keys.usageMarks("v", "s"), keys.usageHousehold("2026-11-26", "v", "h"), keys.usageSalt("2026-11-26"), keys.usageTold("b"), keys.usageDay("2026-11-26", "v"), keys.usageViewers("2026-11-26", "v"), keys.usageDirty, keys.usageOpen, keys.usageForgetting("v"), keys.usageWriter, keys.usageEnder, keys.usageEnded, keys.webhooksDue, keys.webhookDue("w"), keys.webhookAttempts("w"), keys.webhookLog("w"), keys.webhookLogged("w"), keys.webhookHealth("w"), keys.webhooksSweep, keys.keysUsed, keys.asked("play:digest", 7), keys.load("local", "2026-11-26"), keys.outlook("local"), keys.capacityLease("local"), keys.moves("v"), keys.course("t", "c"), keys.expected, keys.expectedMade, keys.forecastBegun, keys.forecastSpent(7), keys.forecaster, keys.queuePrefix];
    expect(built).to.deep.equal(["eu:warm:v/720p/0.m4s", "eu:flight:v/720p/0.m4s", "eu:stored:v/720p", "eu:refused:v/720p", "eu:events:v", "eu:moments:v", "eu:catalog", "eu:catalog:physics", "eu:catalog-whole", "eu:catalog-look", "eu:host:{a.test:80}:times", "eu:host:{a.test:80}:leases", "eu:blocks:s", "eu:screening:v", "eu:erasing:o", "eu:errors:index", "eu:errors:group:g", "eu:errors:told:b", "eu:usage-session:v:s", "eu:usage-marks:v:s", "eu:usage-household:2026-11-26:v:h", "eu:usage-salt:2026-11-26", "eu:usage-told:b", "eu:usage-day:2026-11-26:v", "eu:usage-viewers:2026-11-26:v", "eu:usage-dirty", "eu:usage-open", "eu:usage-forgetting:v", "eu:usage-writer", "eu:usage-ender", "eu:usage-ended", "eu:webhooks:due", "eu:webhooks:due:w", "eu:webhooks:due:w:attempts", "eu:webhooks:log:w", "eu:webhooks:logged:w", "eu:webhooks:health:w", "eu:webhooks:sweep", "eu:keys-used", "eu:asked:play:digest:7", "eu:load:local:2026-11-26", "eu:outlook:local", "eu:capacity:local", "eu:forecast:moves:v", "eu:forecast:course:t/c", "eu:forecast:expected", "eu:forecast:made", "eu:forecast:begun", "eu:forecast:spent:7", "eu:forecast:node", "eu:queue"]);
    expect(Object.keys(keys)).to.have.length(built.length);
  });

  it("are one's own: no two uses share a key", () => {
    const keys = redisKeys("x");
    fc.assert(fc.property(id, rendition, name, (video, of, file) => {
      const built = [keys.warmSegment(video, of, file), keys.flight(video, of, file), keys.stored(video, of), keys.refused(video, of), keys.events(video), keys.catalog, keys.hostTimes(video), keys.hostLeases(video), keys.blockOwners(video)];
      expect(new Set(built).size).to.equal(built.length);
      expect(built.some((key) => key.startsWith(`${keys.queuePrefix}:`))).to.equal(false);
    }));
  });
});
