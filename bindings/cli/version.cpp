#include "entrospect/bindings/cli/version.hpp"

#include <CLI/Version.hpp>

#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/io/libraries.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::cli {

std::string versions_text() {
  std::string out;
  const auto line = [&out](const std::string& name, const std::string& value) { out += padded(name, 16, false) + value + '\n'; };
  for (const auto& [name, version] : io::library_versions()) line(name, version);
  line("CLI11", CLI11_VERSION);
  line("threads", std::to_string(thread_count({})));
  line("estimators", std::to_string(catalogue().size()));
  line("files", ".npy, .npz, .safetensors, .safetensors.index.json");
  return out;
}

}  // namespace entrospect::cli
