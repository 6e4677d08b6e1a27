/** All dashboards, in the order in which they are looked at. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { costDashboard } from "./cost.ts";
import { dutyDashboard } from "./duty.ts";
import { nodeDashboard } from "./node.ts";
import { pipelineDashboard } from "./pipeline.ts";
import { regionDashboard } from "./region.ts";

export const DASHBOARDS: readonly Dashboard[] = [dutyDashboard, regionDashboard, nodeDashboard, pipelineDashboard, costDashboard];
