/** What it costs, and what caches and twins save. */
import { describeDashboard } from "./dashboard-frame.ts";
import { areas, figure, lines } from "./panels.ts";
import { ratePer, REGION } from "./queries.ts";

const NODES_OWN = `sum(rate(process_cpu_seconds_total{job="lectern", ${REGION}}[$__rate_interval]))`;
const ALL = `sum(rate(lectern_node_processor_seconds_total{${REGION}}[$__rate_interval]))`;
const share = (part: string, whole: string): string => `${part} / ${whole}`;
const gained = (metric: string, more = ""): string => `sum(increase(${metric}{${[REGION, more].filter((one) => one !== "").join(", ")}}[$__range]))`;

export const costDashboard = describeDashboard({
  uid: "lectern-cost",
  title: "Lectern, cost",
  about: "Processors, bytes in and out, and what is not made again because somebody has it. Figures are of the time that is chosen above.",
  rows: [
    { title: "In the time that is chosen", panels: [
      figure({ title: "Processor", about: "Core seconds of nodes and their FFmpegs.", unit: "s", queries: [{ expr: gained("lectern_node_processor_seconds_total"), legend: "core seconds" }] }),
      figure({ title: "Sent", about: "Bytes to clients. An edge in front sends more than that.", unit: "bytes", queries: [{ expr: gained("lectern_http_sent_bytes_total"), legend: "sent" }] }),
      figure({ title: "Fetched", about: "Bytes from origins.", unit: "bytes", queries: [{ expr: gained("lectern_source_received_bytes_total"), legend: "fetched" }] }),
      figure({ title: "Stored", about: "Bytes that were written to this region's store, uploads among them. Deleted ones are not taken off.", unit: "bytes", queries: [{ expr: gained("lectern_stored_bytes_total"), legend: "stored" }] }),
      figure({ title: "Segments not made", about: "Of all that were asked for, those that somebody had already.", unit: "percentunit", queries: [{ expr: `1 - ${share(gained("lectern_cache_requests_total", "tier=\"made\""), gained("lectern_cache_requests_total"))}`, legend: "had" }], threshold: { warn: 0.8, bad: 0.5, low: true } }),
      figure({ title: "Source bytes not fetched", about: "Of all that readers wanted, those that a node of the region had already.", unit: "percentunit", queries: [{ expr: `1 - ${share(gained("lectern_source_bytes_total", "from=\"origin\""), gained("lectern_source_bytes_total"))}`, legend: "had" }], threshold: { warn: 0.5, bad: 0.2, low: true } }),
    ] },
    { title: "Processor", panels: [
      areas({ title: "Cores that are busy", about: "With FFmpeg (encoding, checking, stills), and with the nodes themselves (repackaging, sending).", unit: "short", queries: [{ expr: `clamp_min(${ALL} - ${NODES_OWN}, 0)`, legend: "FFmpeg" }, { expr: NODES_OWN, legend: "nodes" }], width: 12 }),
      lines({ title: "Core seconds for a segment made", about: "Of everything, for each segment that was repackaged or encoded. It grows with resolution, and where little is watched.", unit: "s", queries: [{ expr: `${ALL} / sum(rate(lectern_segment_make_seconds_count{${REGION}}[$__rate_interval]))`, legend: "core seconds" }], width: 12 }),
    ] },
    { title: "Bytes", panels: [
      areas({ title: "Sent to clients", about: "By region. An edge in front sends more than that.", unit: "Bps", queries: [{ expr: ratePer("lectern_http_sent_bytes_total", "region"), legend: "{{region}}" }] }),
      areas({ title: "Source bytes that readers wanted", about: "By where they were. `origin` is what is fetched and may be paid for.", unit: "Bps", queries: [{ expr: ratePer("lectern_source_bytes_total", "from"), legend: "{{from}}" }] }),
      lines({ title: "Fetched, by origin and way out", about: "By the source policy's entry; proxies are often paid by the byte.", unit: "Bps", queries: [{ expr: ratePer("lectern_source_received_bytes_total", "host, identity"), legend: "{{host}} {{identity}}" }] }),
      lines({ title: "Written to the store", about: "By region, uploads among them.", unit: "Bps", queries: [{ expr: ratePer("lectern_stored_bytes_total", "region"), legend: "{{region}}" }] }),
      areas({ title: "Bytes of segments by tier", about: "Memory is free, Redis nearly; the store costs a request, `made` a processor.", unit: "Bps", queries: [{ expr: ratePer("lectern_cache_bytes_total", "tier"), legend: "{{tier}}" }] }),
      lines({ title: "Taken over from twins", about: "Objects a minute that were not made, because another video of the same bytes had them.", unit: "short", queries: [{ expr: `60 * ${ratePer("lectern_twin_objects_total", "region")}`, legend: "{{region}}" }] }),
    ] },
  ],
});
