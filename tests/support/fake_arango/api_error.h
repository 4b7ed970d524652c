/// \file
/// A refused request, as handlers throw it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fake_arango {

struct ApiError {
  int status = 500;
  int num = 4;
  std::string message;
  bool early = false;  ///< raised before a handler exists: the other member order (protocol 3.4)
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// The server's own text for an error number.
const char* error_text(int num);

/// With that text as the message.
inline ApiError api_error(int status, int num) { return {status, num, error_text(num)}; }

/// `{"code":…,"error":true,"errorMessage":…,"errorNum":…}`, or in the order of early errors.
std::string error_body(const ApiError& error);

}  // namespace fake_arango
