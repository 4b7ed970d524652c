// The HTML report in a real browser: hostile documents run no script, our own script runs, and the
// page looks like a page in light, dark, on a phone and on paper.
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "e2e/harness.h"

namespace arango2pg::e2e {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Debian's name and the usual others.
std::string browser() {
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system((std::string("command -v ") + name + " >/dev/null 2>&1").c_str()) == 0)
      return name;
  return {};
}

/// A decoded PNG without alpha.
struct Picture {
  std::uint32_t width = 0, height = 0;
  std::size_t channels = 0;
  std::string pixels;

  struct Colour {
    int r, g, b;
    friend auto operator<=>(const Colour&, const Colour&) = default;
  };
  [[nodiscard]] Colour at(std::uint32_t x, std::uint32_t y) const {
    const std::size_t i = (std::size_t{y} * width + x) * channels;
    const auto byte = [&](std::size_t n) {
      return static_cast<int>(static_cast<unsigned char>(pixels[i + n]));
    };
    return {byte(0), byte(1), byte(2)};
  }
  /// Rows in which anything differs from the corner's colour.
  [[nodiscard]] std::uint32_t rows_in_use() const {
    std::uint32_t used = 0;
    for (std::uint32_t y = 0; y < height; ++y)
      for (std::uint32_t x = 0; x < width; ++x)
        if (at(x, y) != at(0, 0)) {
          ++used;
          break;
        }
    return used;
  }
  [[nodiscard]] std::size_t colours() const {
    std::set<Colour> all;
    for (std::uint32_t y = 0; y < height; y += 3)
      for (std::uint32_t x = 0; x < width; ++x) all.insert(at(x, y));
    return all.size();
  }
};

Picture decode_png(const std::string& png) {
  Picture out;
  const auto big = [&](std::size_t at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = v << 8U | static_cast<unsigned char>(png.at(at + i));
    return v;
  };
  std::string packed;
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::uint32_t size = big(at);
    const std::string type = png.substr(at + 4, 4);
    if (type == "IHDR") {
      out.width = big(at + 8);
      out.height = big(at + 12);
      out.channels = png.at(at + 17) == 6 ? 4 : 3;
    }
    if (type == "IDAT") packed += png.substr(at + 8, size);
    at += 12 + size;
  }
  const std::size_t stride = out.width * out.channels;
  std::string raw((stride + 1) * out.height, '\0');
  uLongf length = raw.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(raw.data()), &length,
                       reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
            Z_OK);
  out.pixels.assign(stride * out.height, '\0');
  const auto pixel = [&](std::size_t y, std::size_t x) {
    return static_cast<int>(static_cast<unsigned char>(out.pixels[y * stride + x]));
  };
  for (std::size_t y = 0; y < out.height; ++y) {
    const char filter = raw[y * (stride + 1)];
    for (std::size_t x = 0; x < stride; ++x) {
      const int left = x < out.channels ? 0 : pixel(y, x - out.channels);
      const int up = y == 0 ? 0 : pixel(y - 1, x);
      const int corner = x < out.channels || y == 0 ? 0 : pixel(y - 1, x - out.channels);
      const int guess = left + up - corner;
      const int by_left = std::abs(guess - left), by_up = std::abs(guess - up),
                by_corner = std::abs(guess - corner);
      const int paeth = by_left <= by_up && by_left <= by_corner ? left
                        : by_up <= by_corner                     ? up
                                                                 : corner;
      const int add[] = {0, left, up, (left + up) / 2, paeth};
      out.pixels[y * stride + x] =
          static_cast<char>(static_cast<unsigned char>(raw[y * (stride + 1) + 1 + x]) +
                            add[static_cast<int>(filter)]);
    }
  }
  return out;
}

class ReportInBrowser : public ::testing::Test {
 protected:
  void SetUp() override {
    browser_ = browser();
    if (browser_.empty())
      GTEST_SKIP() << "no Chromium: install the package chromium to look at the report";
  }
  /// Makes a report of these documents.
  void report_of(const std::string& lines, std::vector<std::string> more = {}) {
    dir_.write("in/items.jsonl", lines);
    std::vector<std::string> arguments = {
        "validate", "--source",     "jsonl:" + (dir_.path() / "in").string(), "--target", "none",
        "--report", page().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto outcome = run_tool(arguments);
    ASSERT_TRUE(fs::exists(page())) << outcome.all();
  }
  [[nodiscard]] fs::path page() const { return dir_.path() / "report.html"; }
  /// Runs the browser on the page; what it prints. A browser that does not start or breaks down (it
  /// does now and then on a busy machine) is started once more, with a profile of its own: that
  /// says nothing of the page.
  std::string browse(const std::string& arguments) {
    for (int attempt = 1; attempt < 3; ++attempt)
      if (start(arguments, attempt) == 0) return slurp(dir_.path() / "out");
    EXPECT_EQ(start(arguments, 3), 0) << slurp(dir_.path() / "err");
    return slurp(dir_.path() / "out");
  }
  int start(const std::string& arguments, int attempt) {
    const auto out = dir_.path() / "out";
    const std::string command =
        "timeout 120 " + browser_ +
        " --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run "
        "--hide-scrollbars --user-data-dir='" +
        (dir_.path() / ("profile" + std::to_string(attempt))).string() + "' " + arguments +
        " 'file://" + page().string() + "' >'" + out.string() + "' 2>'" +
        (dir_.path() / "err").string() + "'";
    return std::system(command.c_str());
  }
  Picture picture(const std::string& size, const std::string& more = {}) {
    const auto png = dir_.path() / "page.png";
    fs::remove(png);
    browse("--window-size=" + size + " --screenshot='" + png.string() + "' " + more);
    return decode_png(slurp(png));
  }
  static std::string good_documents() {
    std::string lines;
    for (int i = 0; i < 200; ++i)
      lines += R"({"_key":"k)" + std::to_string(i) + R"(","name":"n)" + std::to_string(i % 7) +
               R"(","tags":["a","b"],"deep":{"er":{"still":)" + std::to_string(i) + "}}}\n";
    return lines;
  }
  TempDir dir_;
  std::string browser_;
};

TEST_F(ReportInBrowser, HostileNamesAndValuesRunNoScript) {
  std::string line = R"({"_key":"<script>document.title='owned'<\/script>")";
  int n = 0;
  for (const char* evil : {
           R"(<script>document.title='owned'<\/script>)",
           R"(\"><img src=x onerror=\"document.title='owned'\">)",
           R"('><svg onload='document.title=1'>)",
           R"(<\/style><script>document.title='owned'<\/script>)",
           R"(<\/script><script>document.title='owned'<\/script>)",
           R"(javascript:document.title='owned')",
           R"({{#rules}}<b>{{\/rules}})",
           R"(<iframe srcdoc='<script>parent.document.title=1<\/script>'>)",
           R"(&lt;script&gt;)",
           R"(<!--)",
           R"(<a id='collections' name='title'>)",
       })
    line += std::string(",\"") + evil + "\":[\"" + evil + "\",{\"" + evil + std::to_string(n++) +
            "\":\"" + evil + "\"}]";
  std::string lines;
  for (int i = 0; i < 30; ++i) lines += line + "}\n";
  report_of(lines + line + "\n", {"--log-data"});
  const std::string dom = browse("--dump-dom");
  EXPECT_NE(dom.find("<title>Dry run: "), std::string::npos) << dom.substr(0, 2000);
  EXPECT_EQ(dom.find("<title>owned"), std::string::npos);
  EXPECT_EQ(dom.find("<title>1"), std::string::npos);
  EXPECT_EQ(dom.find("<img"), std::string::npos);
  EXPECT_EQ(dom.find("<iframe"), std::string::npos);
  // As text it may stand there; the browser writes quotes of texts as they are, and "<" as "&lt;".
  for (std::size_t at = dom.find('<'); at != std::string::npos; at = dom.find('<', at + 1)) {
    const std::string tag = dom.substr(at, dom.find('>', at) - at);
    for (const char* handler : {" onerror=\"", " onload=\""})
      EXPECT_EQ(tag.find(handler), std::string::npos) << tag;
  }
  EXPECT_NE(dom.find("document.title='owned'"), std::string::npos) << "shown as text";
}

TEST_F(ReportInBrowser, ItsOwnScriptAndStyleAreAllowed) {
  report_of(good_documents());
  const std::string dom = browse("--dump-dom --enable-logging=stderr --v=0");
  EXPECT_NE(dom.find("<html lang=\"en\" class=\"js\">"), std::string::npos) << dom.substr(0, 300);
  EXPECT_EQ(slurp(dir_.path() / "err").find("Content Security Policy"), std::string::npos)
      << slurp(dir_.path() / "err");
}

TEST_F(ReportInBrowser, LooksLikeAPageInLightAndDark) {
  report_of(good_documents());
  const Picture light = picture("1200,1600", "--blink-settings=preferredColorScheme=1");
  ASSERT_EQ(light.width, 1200U);
  EXPECT_EQ(light.at(0, 0), (Picture::Colour{255, 255, 255}));
  EXPECT_GT(light.rows_in_use(), 500U);
  EXPECT_GT(light.colours(), 50U) << "text, charts and the verdict's mark have colours";
  const Picture dark = picture("1200,1600", "--blink-settings=preferredColorScheme=0");
  const auto paper = dark.at(0, 0);
  EXPECT_LT(paper.r + paper.g + paper.b, 150);
  EXPECT_GT(dark.rows_in_use(), 500U);
}

// A table that is wider than the phone would push its columns out of the page.
TEST_F(ReportInBrowser, KeepsItsMarginsOnAPhone) {
  report_of(good_documents());
  const Picture phone = picture("500,3000", "--blink-settings=preferredColorScheme=1");
  ASSERT_EQ(phone.width, 500U);
  for (std::uint32_t y = 0; y < phone.height; ++y)
    for (std::uint32_t x = phone.width - 12; x < phone.width; ++x)
      ASSERT_EQ(phone.at(x, y), phone.at(0, 0)) << "something reaches into the margin at row " << y;
}

TEST_F(ReportInBrowser, PrintsOnPaper) {
  report_of(good_documents());
  const auto pdf = dir_.path() / "page.pdf";
  browse("--print-to-pdf='" + pdf.string() + "'");
  EXPECT_EQ(slurp(pdf).substr(0, 5), "%PDF-");
}

}  // namespace
}  // namespace arango2pg::e2e
