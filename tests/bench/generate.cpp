/// \file
/// bench_documents: many documents of one average size, shaped like résumés, fast and the same for
/// the same seed. `bench_documents --help`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "samples/clock.h"
#include "samples/collection_file.h"
#include "samples/json_text.h"
#include "samples/random.h"
#include "samples/vocabulary.h"

namespace {

using namespace arango2pg::samples;

struct Options {
  std::string out, form = "jsonl", collection = "documents";
  std::uint64_t bytes = 2400, count = 100000, seed = 1, first = 0;
  bool non_ascii = false, gzip = false;
};

/// A block of text that is only appended to; the caller keeps `room` ahead of what it writes.
class Block {
 public:
  explicit Block(std::size_t capacity) : data_(new char[capacity]) {}
  void put(std::string_view text) {
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void number(std::uint64_t value) {
    char* const at = data_.get() + size_;
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 20, value).ptr - at);
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
};

/// JSON strings (quotes included) made once: composing them word by word would be the bottleneck.
class Phrases {
 public:
  Phrases(Random& random, bool non_ascii, std::size_t shortest, std::size_t longest) {
    for (auto& phrase : phrases_) {
      std::string text;
      for (std::size_t n = random.between(shortest, longest); n > 0; --n) {
        if (!text.empty()) text += ' ';
        text += word(random, non_ascii);
      }
      JsonText json;
      phrase = json.string(text).text();
    }
  }
  std::string_view pick(Random& random) const { return phrases_[random.next() % phrases_.size()]; }

 private:
  static std::string word(Random& random, bool non_ascii) {
    constexpr std::string_view syllables[] = {"da", "ta", "ba",  "se", "que", "ry", "in",  "dex",
                                              "ar", "an", "go",  "lo", "ad",  "er", "mi",  "gra",
                                              "te", "ta", "ble", "ro", "w",   "co", "lum", "n"};
    constexpr std::string_view foreign[] = {"žluťoučký", "база",  "данных", "数据库",  "移行",
                                            "Größe",     "città", "데이터", "πίνακας", "🚀"};
    // A quote or a backslash now and then: real text is escaped in one string of a hundred.
    if (random.below(400) == 0) return "\"quoted\"";
    if (random.below(800) == 0) return "C:\\tmp";
    if (non_ascii && random.percent(25)) return std::string(random.pick(foreign));
    if (random.percent(10)) return std::to_string(random.below(10000));
    std::string word;
    for (std::size_t n = random.between(1, 4); n > 0; --n) word += random.pick(syllables);
    return word;
  }

  std::array<std::string, 4096> phrases_;
};

/// Appends documents to a block.
class Generator {
 public:
  explicit Generator(const Options& options)
      : options_(options),
        random_(options.seed),
        names_(random_, options.non_ascii, 1, 3),
        sentences_(random_, options.non_ascii, 5, 12) {}

  void append(Block& out, std::uint64_t i) {
    // Sizes spread evenly from half to one and a half of what is wanted.
    const std::size_t wanted = options_.bytes / 2 + random_.below(options_.bytes + 1);
    const std::size_t start = out.size();
    append_head(out, i);
    const auto left = [&] { return start + wanted - std::min(start + wanted, out.size()); };
    if (left() > 500) append_file(out);
    if (left() > 400) append_contact(out);
    if (left() > 600) {
      out.put(",\"work_experience\":[");
      for (bool first = true; left() > 550 || first; first = false) append_work(out, first);
      out.put("]");
    }
    if (left() > 330) append_education(out);
    append_rest(out, start + wanted);
    out.put("}\n");
  }

 private:
  void append_head(Block& out, std::uint64_t i) {
    const std::uint64_t key = 100000001 + i;
    clock_ += 1000 + static_cast<Micros>(random_.next() & 0xffff);
    const std::string rev = revision(clock_);
    out.put("{\"_key\":\"");
    out.number(key);
    out.put("\",\"_id\":\"");
    out.put(options_.collection);
    out.put("/");
    out.number(key);
    out.put("\",\"_rev\":\"");
    out.put(rev);
    out.put("\",\"user_id\":\"u");
    out.number(random_.below(100000));
    out.put("\",\"version\":");
    out.number(random_.below(9) + 1);
    out.put(random_.next() % 8 == 0 ? ",\"active\":false" : ",\"active\":true");
    out.put(",\"scores\":{\"overall\":");
    out.number(random_.below(100));
    out.put(",\"share\":0.");
    out.number(random_.below(9) * 10 + 11 +
               random_.below(9));  // no trailing zero: servers print none
    out.put("}");
  }
  void append_file(Block& out) {
    out.put(",\"file_metadata\":{\"filename\":");
    out.put(names_.pick(random_));
    out.put(",\"content_type\":\"application/pdf\",\"size\":");
    out.number(random_.below(3000000));
    out.put(",\"processed_at\":\"2025-08-17T09:12:31.");
    out.number(100000 + random_.below(900000));
    out.put("\"}");
  }
  void append_contact(Block& out) {
    out.put(",\"contact_info\":{\"full_name\":");
    out.put(names_.pick(random_));
    out.put(",\"email\":\"mail");
    out.number(random_.below(1000000));
    out.put("@example.com\",\"phone\":null,\"address\":");
    out.put(names_.pick(random_));
    out.put(",\"links\":[{\"name\":\"site\",\"url\":\"https://example.com/");
    out.number(random_.below(1000000));
    out.put("\"}]},\"summary\":");
    out.put(sentences_.pick(random_));
  }
  void append_work(Block& out, bool first) {
    out.put(first ? "{\"company\":" : ",{\"company\":");
    out.put(names_.pick(random_));
    out.put(",\"position\":");
    out.put(names_.pick(random_));
    out.put(",\"start_date\":\"");
    out.number(1990 + random_.below(30));
    out.put("\",\"end_date\":null,\"is_current\":false,\"months\":");
    out.number(random_.below(200));
    out.put(",\"responsibilities\":[");
    for (std::size_t n = 0, count = random_.between(1, 4); n < count; ++n) {
      if (n > 0) out.put(",");
      out.put(sentences_.pick(random_));
    }
    out.put("],\"skills\":[");
    append_names(out, random_.between(1, 4));
    out.put("]}");
  }
  void append_education(Block& out) {
    out.put(",\"education\":[{\"institution\":");
    out.put(names_.pick(random_));
    out.put(",\"degree\":\"MSc\",\"field_of_study\":null,\"gpa\":");
    out.number(1 + random_.below(4));
    out.put(".");
    out.number(1 + random_.below(9));
    out.put(",\"honors\":[],\"graduation_date\":\"");
    out.number(1990 + random_.below(35));
    out.put("\"}]");
  }
  void append_names(Block& out, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) {
      if (n > 0) out.put(",");
      out.put(names_.pick(random_));
    }
  }
  /// Fills up to `end`: the average of many documents is then the size that was asked for.
  void append_rest(Block& out, std::size_t end) {
    out.put(",\"skills\":[");
    bool first = true;
    for (;;) {
      const std::string_view name = names_.pick(random_);
      if (out.size() + name.size() + 40 > end) break;
      if (!first) out.put(",");
      out.put(name);
      first = false;
    }
    out.put("],\"note\":\"");
    constexpr std::string_view filling = "to be continued in the next edition of this document";
    if (out.size() + 3 < end)
      out.put(filling.substr(0, std::min(filling.size(), end - out.size() - 3)));
    out.put("\"");
  }

  const Options& options_;
  Random random_;
  Micros clock_ = sample_start;
  Phrases names_, sentences_;
};

CollectionFile open_file(const Options& options) {
  if (options.form == "jsonl" && (options.out.ends_with(".jsonl") || options.out.ends_with(".gz")))
    return CollectionFile(options.out);
  FileOptions files;
  files.form = options.form == "dump" ? Form::dump : Form::jsonl;
  files.gzip = options.gzip;
  const SampleDirectory directory(options.out, files, "bench", 1000);
  return CollectionFile(directory, options.collection, false);
}

int run(int argc, char** argv) {
  CLI::App app("Writes seeded documents of a given average size, shaped like résumés.");
  Options options;
  app.add_option("--out", options.out, "directory, or a file ending in .jsonl or .jsonl.gz")
      ->required();
  app.add_option("--form", options.form, "jsonl or dump")
      ->check(CLI::IsMember({"dump", "jsonl"}))
      ->capture_default_str();
  app.add_option("--collection", options.collection, "collection name")->capture_default_str();
  app.add_option("--bytes", options.bytes, "average size of a document as a line of JSON")
      ->check(CLI::Range(200, 1000000))
      ->capture_default_str();
  app.add_option("--count", options.count, "how many documents")->capture_default_str();
  app.add_option("--seed", options.seed, "equal seeds give equal bytes")->capture_default_str();
  app.add_flag("--non-ascii", options.non_ascii, "a quarter of the words in other scripts");
  app.add_flag("--gzip", options.gzip, "compress the data file");
  CLI11_PARSE(app, argc, argv);

  constexpr std::size_t block_size = 1U << 20;
  // One document overshoots its size by at most a few parts of some kB.
  Block block(block_size + options.bytes * 2 + (64U << 10));
  Generator generator(options);
  CollectionFile file = open_file(options);
  for (std::uint64_t i = 0; i < options.count; ++i) {
    generator.append(block, i);
    if (block.size() < block_size) continue;
    file.lines(block.view());
    block.clear();
  }
  file.lines(block.view());
  file.finish();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_documents: %s\n", error.what());
    return 1;
  }
}
