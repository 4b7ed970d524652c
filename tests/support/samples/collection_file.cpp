#include "samples/collection_file.h"

#include <openssl/evp.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "samples/json_text.h"

namespace arango2pg::samples {
namespace {

/// arangodump names files by collection and the MD5 of its name.
std::string md5_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1)
    throw std::runtime_error("cannot compute an MD5 digest");
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

void write_file(const std::string& path, std::string_view text) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"),
                                                       &std::fclose);
  if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0)
    throw std::runtime_error("cannot write '" + path + "'");
}

/// Numbers as a server would give them: derived from the name, so that the same sample is the same
/// bytes.
std::uint64_t collection_id(std::string_view collection) {
  std::uint64_t id = 100;
  for (const char c : collection) id = (id * 31 + static_cast<unsigned char>(c)) % 900000;
  return id + 100;
}

std::string structure(std::string_view collection, bool edge,
                      const std::vector<std::string>& indexes) {
  const std::uint64_t number = collection_id(collection);
  const std::string id = std::to_string(number);
  JsonText json;
  json.begin_object().name("indexes").begin_array();
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    json.begin_object().boolean("cacheEnabled", false).boolean("deduplicate", true);
    json.boolean("estimates", true).name("fields").strings({indexes[i]});
    json.string("id", std::to_string(number + 1 + i)).string("name", "idx_" + indexes[i]);
    json.boolean("sparse", false).string("type", "persistent").boolean("unique", false);
    json.end_object();
  }
  json.end_array().name("parameters").begin_object();
  json.boolean("allowUserKeys", true).boolean("cacheEnabled", false).string("cid", id);
  json.null("computedValues").boolean("deleted", false).string("globallyUniqueId", "h1/" + id);
  json.string("id", id).boolean("isDisjoint", false).boolean("isSmart", false);
  json.boolean("isSmartChild", false).boolean("isSystem", false);
  json.raw("keyOptions", R"({"allowUserKeys":true,"type":"traditional","lastValue":0})");
  json.number("minReplicationFactor", 1).string("name", collection).number("numberOfShards", 1);
  json.string("planId", id).number("replicationFactor", 1).null("schema");
  json.name("shardKeys").strings({"_key"}).raw("shards", "{}").number("status", 3);
  json.boolean("syncByRevision", true).number("type", edge ? 3 : 2);
  json.boolean("usesRevisionsAsDocumentIds", true).number("version", 9);
  json.boolean("waitForSync", false).number("writeConcern", 1);
  return json.end_object().end_object().text();
}

}  // namespace

SampleDirectory::SampleDirectory(std::string directory, FileOptions options,
                                 std::string_view database, std::uint64_t tick)
    : directory_(std::move(directory)), options_(options) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error)
    throw std::runtime_error("cannot make directory '" + directory_ + "': " + error.message());
  if (options_.form != Form::dump) return;
  JsonText json;
  json.begin_object().string("database", database);
  json.string("lastTickAtDumpStart", std::to_string(tick));
  json.boolean("useEnvelope", options_.envelope).name("properties").begin_object();
  json.string("id", "105").string("name", database).boolean("isSystem", false);
  write("dump.json", json.end_object().end_object().text());
  write("ENCRYPTION", "none");
}

void SampleDirectory::write(std::string_view name, std::string_view text) const {
  write_file(directory_ + "/" + std::string(name), text);
}

struct CollectionFile::Impl {
  std::string path;
  bool envelope = false;
  std::FILE* plain = nullptr;
  gzFile zipped = nullptr;
  std::string line;

  void open(bool gzip) {
    if (gzip)
      zipped = gzopen(path.c_str(), "wb6");
    else
      plain = std::fopen(path.c_str(), "wb");
    if (plain == nullptr && zipped == nullptr) fail();
    if (zipped != nullptr) gzbuffer(zipped, 1U << 18);
  }
  void put(std::string_view bytes) {
    if (bytes.empty()) return;
    const bool good = plain != nullptr
                          ? std::fwrite(bytes.data(), 1, bytes.size(), plain) == bytes.size()
                          : gzwrite(zipped, bytes.data(), static_cast<unsigned>(bytes.size())) > 0;
    if (!good) fail();
  }
  [[noreturn]] void fail() const { throw std::runtime_error("cannot write '" + path + "'"); }
  ~Impl() {
    if (plain != nullptr) std::fclose(plain);
    if (zipped != nullptr) gzclose(zipped);
  }
};

CollectionFile::CollectionFile(const SampleDirectory& directory, std::string_view collection,
                               bool edge, const std::vector<std::string>& indexes)
    : impl_(std::make_unique<Impl>()) {
  const FileOptions& options = directory.options();
  std::string stem = directory.path() + "/" + std::string(collection);
  if (options.form == Form::dump) {
    stem += "_" + md5_hex(collection);
    write_file(stem + ".structure.json", structure(collection, edge, indexes));
    impl_->path = stem + ".data.json";
    impl_->envelope = options.envelope;
  } else {
    impl_->path = stem + ".jsonl";
  }
  // The other spelling of the same file must not lie beside it with old content.
  std::filesystem::remove(options.gzip ? impl_->path : impl_->path + ".gz");
  if (options.gzip) impl_->path += ".gz";
  impl_->open(options.gzip);
}

CollectionFile::CollectionFile(const std::string& file) : impl_(std::make_unique<Impl>()) {
  impl_->path = file;
  impl_->open(file.ends_with(".gz"));
}

CollectionFile::~CollectionFile() = default;
CollectionFile::CollectionFile(CollectionFile&&) noexcept = default;

void CollectionFile::document(std::string_view json) {
  std::string& line = impl_->line;
  line.clear();
  if (impl_->envelope) line += R"({"type":2300,"data":)";
  line += json;
  if (impl_->envelope) line += '}';
  line += '\n';
  impl_->put(line);
}

void CollectionFile::lines(std::string_view block) { impl_->put(block); }

void CollectionFile::finish() {
  Impl& file = *impl_;
  const bool good = file.plain != nullptr ? std::fclose(std::exchange(file.plain, nullptr)) == 0
                                          : gzclose(std::exchange(file.zipped, nullptr)) == Z_OK;
  if (!good) file.fail();
}

void write_collections(const SampleDirectory& directory,
                       const std::vector<SampleCollection>& collections) {
  for (const SampleCollection& collection : collections) {
    CollectionFile file(directory, collection.name, collection.edge, collection.indexes);
    for (const std::string& document : collection.documents) file.document(document);
    file.finish();
  }
}

}  // namespace arango2pg::samples
