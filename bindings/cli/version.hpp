#pragma once
// entrospect --version

#include <string>

namespace entrospect::cli {

std::string versions_text();

}  // namespace entrospect::cli
