/// \file
/// A running double and the few calls that most stories about it need.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fake_arango/fake_arango.h"
#include "fake_arango/json.h"
#include "fake_arango/raw_client.h"

namespace fake_arango::test {

inline Value parsed(const Reply& r) { return parse_json(r.body); }

/// Member of an answer as JSON text; "absent" if it is not there.
inline std::string member(const Reply& r, std::string_view name) {
  const auto v = parsed(r).find(name);
  return v ? to_json(*v) : "absent";
}

/// "404/1203" of an error answer.
inline std::string status_and_num(const Reply& r) {
  return std::to_string(r.status) + "/" + member(r, "errorNum");
}

/// Names of the answer's members, in order, joined by spaces.
inline std::string member_names(const Reply& r) {
  std::string out;
  for (const auto& [name, _] : parsed(r).members()) out += (out.empty() ? "" : " ") + name;
  return out;
}

struct Double {
  explicit Double(Options options = {}) : server(std::move(options)) { server.start(); }

  FakeArango server;

  Reply send(std::string_view method, std::string_view target, std::string_view body = {},
             const RawClient::Headers& headers = {}, unsigned coordinator = 0) {
    return RawClient(server.port(coordinator)).send(method, target, body, headers);
  }
  Reply get(std::string_view target, const RawClient::Headers& headers = {}) {
    return send("GET", target, {}, headers);
  }
  Reply cursor(std::string_view body, const RawClient::Headers& headers = {}) {
    return send("POST", "/_api/cursor", body, headers);
  }
  /// The body of a cursor request for a query with bind variables (JSON) and more members.
  static std::string request(std::string_view query, std::string_view binds = "{}",
                             std::string_view more = {}) {
    std::string body = "{\"query\":";
    append_json_string(body, query);
    body += ",\"bindVars\":" + std::string(binds);
    if (!more.empty()) body += "," + std::string(more);
    return body + "}";
  }
  /// All rows of a query as JSON text, or "status/errorNum message" of its error.
  std::string rows(std::string_view query, std::string_view binds = "{}",
                   std::string_view more = {}) {
    const Reply r = cursor(request(query, binds, more));
    if (r.status != 201) return status_and_num(r) + " " + parsed(r).find("errorMessage")->string();
    std::string all = member(r, "result");
    Reply page = r;
    while (member(page, "hasMore") == "true") {
      page = send("POST", "/_api/cursor/" + parsed(page).find("id")->string());
      if (page.status != 200) return status_and_num(page);
      const std::string next = member(page, "result");
      if (next == "[]") continue;
      all.pop_back();
      if (all != "[") all += ",";
      all += next.substr(1);
    }
    return all;
  }
};

}  // namespace fake_arango::test
