/**
 * Which addresses may be dialled for a user: global unicast and nothing else. IPv6 forms that carry an IPv4 address
 * (mapped, compatible, NAT64, 6to4, Teredo) lie outside what is allowed, so no embedded address needs to be judged.
 */
import ipaddr from "ipaddr.js";

/** IANA's special-purpose registry (RFC 6890 and its updates), multicast and class E. */
const REFUSED_V4 = [
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
  "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  "168.63.129.16/32", // Azure's metadata and DNS, in a public range
].map((cidr) => ipaddr.IPv4.parseCIDR(cidr));

/** All that IANA has given out for global unicast. */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** IETF protocols with Teredo, documentation, 6to4, documentation. */
const REFUSED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map((cidr) => ipaddr.IPv6.parseCIDR(cidr));

/** `address` as DNS or a socket gives it, without brackets. What is not an address is not global. */
export function isGlobalAddress(address: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const parsed = ipaddr.IPv4.parse(address);
    return !REFUSED_V4.some((range) => parsed.match(range));
  }
  if (address.includes("%") || !ipaddr.IPv6.isValid(address)) return false; // a zone means link-local
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.match(GLOBAL_V6) && !REFUSED_V6.some((range) => parsed.match(range));
}
