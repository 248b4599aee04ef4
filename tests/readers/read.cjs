// Reads the file at argv[3] with the library that argv[2] names; prints what it found as JSON.
const fs = require("node:fs");

const [library, path] = process.argv.slice(2);

// The way that programs read their .env file, but into an object of its own.
const dotenv = (module, options = {}) => {
  const { parsed, error } = require(module).config({ path, processEnv: {}, quiet: true, ...options });
  if (error) throw error;
  return parsed;
};

const libraries = {
  dotenv: () => dotenv("dotenv"),
  "dotenv-fast": () => dotenv("dotenv", { fast: true }),
  "dotenv-17": () => dotenv("dotenv-17"),
  // A list of texts; each is read on its own.
  "dotenv-each": () => JSON.parse(fs.readFileSync(path, "utf8")).map((text) => require("dotenv").parse(text)),
  "js-yaml": () => require("js-yaml").load(fs.readFileSync(path, "utf8")),
};

process.stdout.write(JSON.stringify(libraries[library]()));
