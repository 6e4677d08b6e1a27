import { expect } from "chai";
import * as fc from "fast-check";
import { isGlobalAddress } from "../../../../mixins/guarded-dial/address-rules.ts";

const byte = fc.integer({ min: 0, max: 255 });
const word = fc.integer({ min: 0, max: 0xffff });
const hex = (n: number): string => n.toString(16);

describe("address rules", () => {
  for (const address of ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "192.0.1.1", "198.17.255.255", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:200::1", "2003::1"]) {
    it(`lets ${address} pass`, () => expect(isGlobalAddress(address)).to.equal(true));
  }

  for (const address of [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "100::1", "4000::1", "2606:4700::1%eth0",
    "", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "01.1.1.1", "[::1]", "8.8.8.8:80",
  ]) {
    it(`refuses ${address || "nothing"}`, () => expect(isGlobalAddress(address)).to.equal(false));
  }

  it("refuses every address of a private range", () => {
    fc.assert(fc.property(byte, byte, byte, (a, b, c) => {
      for (const address of [`10.${a}.${b}.${c}`, `127.${a}.${b}.${c}`, `0.${a}.${b}.${c}`, `169.254.${a}.${b}`, `192.168.${a}.${b}`, `100.${64 + (a % 64)}.${b}.${c}`, `172.${16 + (a % 16)}.${b}.${c}`, `${224 + (a % 32)}.${b}.${c}.${a}`]) {
        expect(isGlobalAddress(address), address).to.equal(false);
      }
    }));
  });

  it("refuses every IPv6 address that has an IPv4 address in it, whichever", () => {
    fc.assert(fc.property(word, word, (high, low) => {
      const v4 = `${hex(high)}:${hex(low)}`;
      for (const address of [`::ffff:${v4}`, `::${v4}`, `64:ff9b::${v4}`, `64:ff9b:1::${v4}`, `2002:${v4}::`, `2001:0:${v4}::${v4}`, `::ffff:0:${v4}`]) {
        expect(isGlobalAddress(address), address).to.equal(false);
      }
    }));
  });

  it("refuses everything outside 2000::/3", () => {
    fc.assert(fc.property(word.filter((first) => first >> 13 !== 1), fc.array(word, { minLength: 7, maxLength: 7 }), (first, rest) => {
      const address = [first, ...rest].map(hex).join(":");
      expect(isGlobalAddress(address), address).to.equal(false);
    }));
  });

  it("judges an address alike in all its spellings", () => {
    fc.assert(fc.property(fc.ipV6(), (address) => {
      const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
      expect(isGlobalAddress(address)).to.equal(isGlobalAddress(canonical));
    }));
  });
});
