#pragma once
// What this build is made of.

#include <string>

namespace entrospect::cli {

std::string versions_text();
std::string versions_json();  // an object of names and versions

}  // namespace entrospect::cli
