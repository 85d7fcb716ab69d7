#pragma once
// entrospect list: the catalogue, or everything about one estimator.

#include <string>

namespace entrospect::cli {

int list(const std::string& name, bool json);

}  // namespace entrospect::cli
