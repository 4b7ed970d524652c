// Files of lines, cut into blocks.
#include "arango/block_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "temp_directory.h"

using namespace arango2pg;
using namespace arango2pg::arango;
using arango2pg::test::gzip;
using arango2pg::test::TempDirectory;

namespace {

ByteStream open(const TempDirectory& dir, const std::string& name) {
  return {dir.path() / name, std::filesystem::file_size(dir.path() / name)};
}

std::string all_bytes(ByteStream stream) {
  std::string out(1 << 20, '\0');
  out.resize(stream.read(out.data(), out.size()));
  return out;
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), Exit::source);
    return e.what();
  }
  return "";
}

/// Lines of about 300 KiB, so that some blocks have several and some have one.
std::string big_lines(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += std::string((200 + i * 37 % 200) * 1024, static_cast<char>('a' + i % 26)) + "\n";
  return out;
}

}  // namespace

TEST(ByteStream, ReadsPlainAndGzipAlike) {
  const TempDirectory dir;
  dir.write("a", "one\ntwo\n");
  dir.write("b.gz", "one\ntwo\n");
  EXPECT_EQ(all_bytes(open(dir, "a")), "one\ntwo\n");
  EXPECT_EQ(all_bytes(open(dir, "b.gz")), "one\ntwo\n");
}

TEST(ByteStream, BelievesTheBytesNotTheName) {
  const TempDirectory dir;
  dir.write_raw("packed.json", gzip("text"));
  EXPECT_EQ(all_bytes(open(dir, "packed.json")), "text");
}

TEST(ByteStream, ReadsConcatenatedGzipMembers) {
  const TempDirectory dir;
  dir.write_raw("two.gz", gzip("one\n") + gzip("") + gzip("two\n"));
  EXPECT_EQ(all_bytes(open(dir, "two.gz")), "one\ntwo\n");
}

TEST(ByteStream, NamesADamagedFile) {
  const TempDirectory dir;
  std::string packed = gzip(std::string(100'000, 'x') + big_lines(1));
  dir.write_raw("cut.gz", packed.substr(0, packed.size() - 5));
  dir.write_raw("none.gz", "");
  dir.write_raw("text.gz", "{\"_key\":\"1\"}\n");
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  packed[packed.size() / 2 + 1] = static_cast<char>(packed[packed.size() / 2 + 1] ^ 0x55);
  dir.write_raw("bad.gz", packed);
  EXPECT_THAT(refusal([&] { all_bytes(open(dir, "cut.gz")); }),
              testing::AllOf(testing::HasSubstr("cut.gz"), testing::HasSubstr("cut off")));
  EXPECT_THAT(refusal([&] { all_bytes(open(dir, "none.gz")); }), testing::HasSubstr("no gzip"));
  EXPECT_THAT(refusal([&] { all_bytes(open(dir, "text.gz")); }), testing::HasSubstr("no gzip"));
  EXPECT_THAT(refusal([&] { all_bytes(open(dir, "bad.gz")); }), testing::HasSubstr("damaged"));
}

TEST(ByteStream, NoticesAFileThatChangedUnderTheRun) {
  const TempDirectory dir;
  dir.write("a", "one\n");
  EXPECT_THAT(refusal([&] { ByteStream(dir.path() / "a", 3); }), testing::HasSubstr("changed"));
}

TEST(ByteStream, SkipsForwardInBothForms) {
  const TempDirectory dir;
  const std::string text = big_lines(4);
  dir.write("a", text);
  dir.write("a.gz", text);
  for (const char* name : {"a", "a.gz"}) {
    ByteStream stream = open(dir, name);
    stream.skip_to(500'000, {});
    EXPECT_EQ(stream.position(), 500'000U);
    std::string out(10, '\0');
    stream.read(out.data(), out.size());
    EXPECT_EQ(out, text.substr(500'000, 10)) << name;
  }
}

TEST(EstimatedSize, ReadsTheTrailerOfGzip) {
  const TempDirectory dir;
  const std::string text(300'000, 'x');
  dir.write("a.gz", text);
  dir.write("b", "12345");
  EXPECT_EQ(estimated_size(dir.path() / "a.gz", std::filesystem::file_size(dir.path() / "a.gz")),
            300'000U);
  EXPECT_EQ(estimated_size(dir.path() / "b", 5), 5U);
}

TEST(BlockReader, GivesEachLineToTheBlockOfItsFirstByte) {
  const TempDirectory dir;
  const std::string text = big_lines(20);
  dir.write("a", text);
  BlockReader reader(open(dir, "a"));
  std::string together;
  while (!reader.at_end()) {
    const std::uint64_t begin = reader.offset(), block = reader.block();
    doc::PaddedBuffer lines;
    reader.read_lines(block, lines);
    if (lines.size() == 0) continue;
    EXPECT_EQ(begin, together.size());
    EXPECT_EQ(lines.view().back(), '\n');
    const auto last_line = lines.view().rfind('\n', lines.size() - 2);
    const std::uint64_t last_begin = last_line == std::string_view::npos ? 0 : last_line + 1;
    EXPECT_EQ((begin + last_begin) / BlockReader::block_bytes, block);
    together += lines.view();
  }
  EXPECT_EQ(together, text);
}

TEST(BlockReader, SkipsToTheFirstLineOfABlock) {
  const TempDirectory dir;
  const std::string text = big_lines(30);
  dir.write("a", text);
  dir.write("a.gz", text);
  for (const char* name : {"a", "a.gz"})
    for (std::uint64_t block = 1; block < 9; ++block) {
      BlockReader reader(open(dir, name));
      if (block % 2 == 0) {  // from the beginning as well as from the middle
        doc::PaddedBuffer first;
        reader.read_lines(0, first);
      }
      reader.skip_to_block(block, {});
      std::uint64_t expected = block * BlockReader::block_bytes;
      if (expected >= text.size()) {
        EXPECT_TRUE(reader.at_end());
        continue;
      }
      expected = text.find('\n', expected - 1) + 1;
      EXPECT_EQ(reader.offset(), expected) << name << " " << block;
    }
}

TEST(BlockReader, KeepsALineThatBeginsExactlyAtABlock) {
  const TempDirectory dir;
  const std::string first(BlockReader::block_bytes - 1, 'a');
  dir.write("a", first + "\nsecond\n");
  BlockReader reader(open(dir, "a"));
  reader.skip_to_block(1, {});
  EXPECT_EQ(reader.offset(), BlockReader::block_bytes);
  BlockReader whole(open(dir, "a"));
  doc::PaddedBuffer lines;
  whole.read_lines(0, lines);
  EXPECT_EQ(lines.size(), BlockReader::block_bytes);
  lines.clear();
  whole.read_lines(1, lines);
  EXPECT_EQ(lines.view(), "second\n");
}

TEST(BlockReader, ReadsALineOfManyBlocks) {
  const TempDirectory dir;
  const std::string giant(20U << 20, 'g');
  dir.write("a.gz", "first\n" + giant + "\nlast\n");
  BlockReader reader(open(dir, "a.gz"));
  doc::PaddedBuffer lines;
  reader.read_lines(0, lines);
  EXPECT_EQ(lines.size(), 6 + giant.size() + 1);
  lines.clear();
  EXPECT_EQ(reader.block(), 20U);
  reader.read_lines(20, lines);
  EXPECT_EQ(lines.view(), "last\n");
  EXPECT_TRUE(reader.at_end());
}

TEST(BlockReader, EndsAnUnfinishedLastLine) {
  const TempDirectory dir;
  dir.write("a", "one\ntwo");
  BlockReader reader(open(dir, "a"));
  doc::PaddedBuffer lines;
  reader.read_lines(0, lines);
  EXPECT_EQ(lines.view(), "one\ntwo\n");
  EXPECT_TRUE(reader.at_end());
}
