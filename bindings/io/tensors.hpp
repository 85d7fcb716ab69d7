#pragma once
// Tensors in files: .npy, .npz, .safetensors, sharded .safetensors.index.json, and folders of these. Opening reads
// headers only and allocates nothing that a hostile header could make large; every rule of 5.1 and 5.2 is enforced here and nowhere else.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "entrospect/core/labels.hpp"
#include "entrospect/core/sample_matrix.hpp"

namespace entrospect::io {

// States file, tensor, byte offset, what was expected, what was found, and the one command or edit that fixes it.
class FileError : public std::runtime_error {
 public:
  struct Where {
    std::filesystem::path file;
    std::string tensor;
    std::uint64_t offset = 0;
  };
  FileError(Where where, const std::string& expected, const std::string& found, const std::string& remedy);
  [[nodiscard]] const Where& where() const { return where_; }
  [[nodiscard]] const std::string& summary() const { return summary_; }  // the message without file, tensor and offset

 private:
  Where where_;
  std::string summary_;
};

// How tensors of three and more dimensions are read as samples:
//   tokens    rows of the last axis: prompts x positions x features, images x height x width x channels
//   pixels    a row for every pixel of images x channels x height x width
//   images    a row for every index of the first axis, all values in it
//   matrices  a tensor for every index of the axes before the last two: layers x heads x queries x keys. Named as in NumPy: "attn[3,7]"
enum class Unfold { none, tokens, pixels, images, matrices };
const std::vector<std::string>& unfold_choices();
Unfold unfold_from(const std::string& name);  // throws InvalidArgument

struct ReadOptions {
  bool lenient = false;            // accept stray bytes after the data, and tensors that an index lacks
  std::string dtype;               // "bf16": read .npy V2 as bfloat16
  std::uint64_t memory_limit = 0;  // bytes that one tensor may take when it must be in memory; 0: half of what is available
  Unfold unfold = Unfold::none;    // what has one or two dimensions stays as it is
};

struct TensorInfo {
  std::string name;            // within its file; for .npy the file's stem
  std::filesystem::path file;  // the file that holds the bytes (a shard, for an index)
  std::string dtype;           // as the format spells it
  std::vector<std::uint64_t> shape;
  bool fortran_order = false;
  bool byte_swapped = false;            // big-endian data, swapped on reading and recorded
  std::uint64_t offset = 0, bytes = 0;  // of the payload in `file`; offset is 0 in archives
  bool compressed = false;
  std::string problem;               // why it cannot be samples (dtype, rank, size); empty when usable
  std::string whole;                 // with Unfold::matrices: the tensor in the file, of which this is one matrix,
  std::vector<std::uint64_t> index;  // and where it stands in it; offset and bytes are those of the whole
};

// An opened file (or index) and its tensors in natural order: layers.2 before layers.10. Thread-safe after opening.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  [[nodiscard]] virtual const std::vector<TensorInfo>& tensors() const = 0;
  // 2-d tensor as samples. Row-contiguous uncompressed data become a streamed view (rows by pread); everything else is read into memory
  // that the view owns. `in_memory` forces reading. 1-d tensors and others throw with the remedy.
  [[nodiscard]] virtual SampleMatrix samples(std::size_t index, bool in_memory) const = 0;
  // 1-d integer, floating, boolean or text tensor as labels.
  [[nodiscard]] virtual Labels labels(std::size_t index) const = 0;
  // 1-d or n x 1 numeric tensor.
  [[nodiscard]] virtual std::vector<double> numbers(std::size_t index) const = 0;
  // xxh3-64 of the tensor's bytes and header facts.
  [[nodiscard]] virtual std::uint64_t content_hash(std::size_t index) const = 0;
};

std::unique_ptr<TensorFile> open(const std::filesystem::path& path, const ReadOptions& options = {});

// One value per row from `file` or `file:name`. `.csv` and `.tsv`: a file with one column, or the named column of one with a header line;
// whole numbers, other numbers, else texts. `.npy`; `.npz` and `.safetensors`: the named tensor, or the only one with one dimension.
Labels open_labels(const std::string& file_and_name, const ReadOptions& options = {});
std::vector<double> open_numbers(const std::string& file_and_name, const ReadOptions& options = {});
std::uint64_t content_hash(const Labels& labels);  // xxh3-64 of kind and values, whatever file they came from

// What a path argument stands for: a file, an index, or a folder (searched recursively; an index hides its shards; links that leave the
// folder, FIFOs, sockets and devices are refused). Natural order. `problem` is set for files that cannot be read.
struct Source {
  std::filesystem::path path;
  std::string relative;  // to the argument it came from, '/' separated: stable between machines
  std::string problem;
};
std::vector<Source> find_sources(const std::vector<std::filesystem::path>& arguments);

// True if a sorts before b with digit runs compared as numbers.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace entrospect::io
