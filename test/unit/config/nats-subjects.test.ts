import { expect } from "chai";
import { isNodeId, subjectsOf } from "../../../config/nats-subjects.ts";

const FOR_ALL = ["MOL-lectern.DISCOVER", "MOL-lectern.INFO", "MOL-lectern.DISCONNECT", "MOL-lectern.HEARTBEAT", "MOL-lectern.PING"];

describe("what a node may say and hear on NATS", () => {
  it("is what is for all and what is for itself; it may speak to each", () => {
    expect(subjectsOf("lectern", "edge-1")).to.deep.equal({
      publish: [...FOR_ALL, "MOL-lectern.EVENT.*", "MOL-lectern.REQ.*", "MOL-lectern.RES.*", "MOL-lectern.DISCOVER.*", "MOL-lectern.INFO.*", "MOL-lectern.PING.*", "MOL-lectern.PONG.*"],
      subscribe: [...FOR_ALL, "MOL-lectern.EVENT.edge-1", "MOL-lectern.REQ.edge-1", "MOL-lectern.RES.edge-1", "MOL-lectern.DISCOVER.edge-1", "MOL-lectern.INFO.edge-1", "MOL-lectern.PING.edge-1", "MOL-lectern.PONG.edge-1"],
    });
  });

  it("goes by names that are one token and no wildcard", () => {
    for (const good of ["edge-1", "A", "node_2"]) expect(isNodeId(good), good).to.equal(true);
    for (const bad of ["", "*", ">", "a.b", "a b", "-a", "../x", "a".repeat(64), "é"]) expect(isNodeId(bad), bad).to.equal(false);
  });
});
