/**
 * Checks every call that is made for somebody against what the action asks for, on the node where it is carried out: the
 * gateway's, an operator's at the prompt, and what services call in turn. Without a passport a node calls on its own behalf.
 */
import type { Context, Middleware } from "moleculer";
import { permissionOf } from "../access/actions.ts";
import type { Passports } from "../access/passports.ts";
import { may, type Caller } from "../access/permissions.ts";
import { auditSinkOf, type AuditMeta } from "../audit-sink.ts";
import { fail, findErrorCode } from "../errors.ts";

/** For whom a call is made; undefined: for the node that makes it. */
export function callerOf(ctx: Context<unknown>): Caller | undefined {
  return (ctx.locals as { caller?: Caller }).caller;
}

export function accessGuard(passports: Passports): Middleware {
  return {
    name: "AccessGuard",
    localAction(next, action) {
      const permission = permissionOf(action.name ?? "");
      const refuse = (ctx: Context, code: string, subject: string): void => {
        const sink = auditSinkOf(this);
        const { from } = ctx.meta as AuditMeta;
        if (sink !== undefined && sink !== "opening") sink.refuse({ code, subject: sink.ofSubject(subject), asked: action.name ?? "", ...(typeof from === "string" ? { from } : {}) });
      };
      const admit = (ctx: Context, passport: unknown): Caller => {
        let subject = "nobody";
        try {
          const caller = passports.read(passport);
          ({ subject } = caller);
          if (!may(caller, permission)) throw fail("forbidden", `${action.name} asks for the permission ${permission}.`);
          return caller;
        } catch (error) {
          refuse(ctx, findErrorCode(error) ?? "unauthorized", subject);
          throw error;
        }
      };
      return async (ctx: Context): Promise<unknown> => {
        const { passport } = ctx.meta as { passport?: unknown };
        // What a service asks of another on somebody's behalf has been allowed where that began.
        const isTheirs = permission !== "inside" || ctx.level === 1;
        if (passport !== undefined && isTheirs) {
          const caller = admit(ctx, passport);
          Object.assign(ctx.locals, { caller });
        }
        const answer: unknown = await Reflect.apply(next, ctx.service, [ctx]);
        return answer;
      };
    },
  };
}
