// Concurrent index builds: how they are recognised, and how what they leave behind is found.
#include <algorithm>

#include "base/log.h"
#include "pg/migrations_index_internal.h"
#include "pg/sql_lexer_internal.h"
#include "pg_embedded.h"

namespace arango2pg::pg {
namespace {

/// A name as PostgreSQL stores it.
std::string folded(const Token& token) {
  if (token.kind != Token::Kind::identifier) {
    std::string out(token.text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
  }
  std::string out;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    out += token.text[i];
    if (token.text[i] == '"') ++i;  // written twice
  }
  return out;
}

/// CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] [name] ON [ONLY] table
std::optional<ConcurrentIndex> created_index(const std::vector<Token>& all) {
  std::size_t i = 1;
  const auto pass = [&](std::string_view word) {
    const bool found = i < all.size() && is_word(all[i], word);
    if (found) ++i;
    return found;
  };
  pass("UNIQUE");
  if (!pass("INDEX") || !pass("CONCURRENTLY")) return std::nullopt;
  if (pass("IF") && pass("NOT")) pass("EXISTS");
  ConcurrentIndex index;
  if (i < all.size() && !is_word(all[i], "ON")) index.name = folded(all[i++]);
  if (!pass("ON")) return index;  // PostgreSQL will say what is wrong with it
  pass("ONLY");
  if (i < all.size()) index.table = all[i++].text;
  if (i + 1 < all.size() && all[i].text == ".") index.table += "." + std::string(all[i + 1].text);
  return index;
}

}  // namespace

std::optional<ConcurrentIndex> concurrent_index(const std::string& sql) {
  const auto all = tokens(sql);
  if (all.empty()) return std::nullopt;
  if (is_word(all[0], "CREATE")) return created_index(all);
  if (is_word(all[0], "REINDEX") && std::any_of(all.begin(), all.end(), [](const Token& t) {
        return is_word(t, "CONCURRENTLY");
      }))
    return ConcurrentIndex{true, {}, {}};
  return std::nullopt;
}

void drop_invalid(Connection& connection, const ConcurrentIndex& index) {
  const Rows found =
      index.rebuild ? connection.exec(std::string(sql::embedded("migrations/invalid_rebuilt.sql")))
                    : connection.exec(std::string(sql::embedded("migrations/invalid_created.sql")),
                                      {index.name, index.table});
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string name = quote({found.text(i, 0), found.text(i, 1)});
    if (!found[i][2]) {
      connection.exec("DROP INDEX CONCURRENTLY IF EXISTS " + name);
      spdlog::info("dropped {}: an interrupted build had left it INVALID", name);
    } else if (!index.rebuild) {
      throw Error(Exit::target, "pid " + found.text(i, 2) + " is building index " + name + " now",
                  "Wait until it has finished, then run the same command again.", true);
    }
  }
}

bool is_valid(Connection& connection, const ConcurrentIndex& index) {
  return !connection
              .exec(std::string(sql::embedded("migrations/valid_index.sql")),
                    {index.name, index.table})
              .empty();
}

}  // namespace arango2pg::pg
