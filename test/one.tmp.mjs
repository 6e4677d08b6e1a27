import Mocha from "mocha";
const mocha = new Mocha({ timeout: 60000, color: false, grep: process.argv[3] });
mocha.addFile(process.argv[2]);
await mocha.loadFilesAsync();
mocha.run((f) => process.exit(f));
