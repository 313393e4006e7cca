# Makes a C++ source of files: compressed, as src/api/embedded_file.h has them.
#
#   cmake -D FOLDER=web -D OUTPUT=embedded_files.cpp -D FILES=app.css,index.html -P scripts/embed.cmake
#
# FILES are names below FOLDER, with commas between. gzip is there on every Debian; without time and name in it (-n) the
# same files make the same source.
cmake_minimum_required(VERSION 3.25)

find_program(GZIP gzip REQUIRED)
string(REPLACE "," ";" names "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(name IN LISTS names)
  set(compressed "${OUTPUT}.gz")
  execute_process(COMMAND ${GZIP} -9 -n -c "${FOLDER}/${name}" OUTPUT_FILE "${compressed}" COMMAND_ERROR_IS_FATAL ANY)
  file(SHA256 "${FOLDER}/${name}" digest)
  file(READ "${compressed}" hex HEX)
  file(REMOVE "${compressed}")
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {${hex}};\n")
  string(APPEND rows "    {\"${name}\", \"${digest}\", kFile${number}, ${bytes}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Made by scripts/embed.cmake.
#include \"api/embedded_file.h\"

namespace aigw::api {
namespace {

${arrays}
constexpr EmbeddedFile kFiles[] = {
${rows}};

}  // namespace

std::span<const EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace aigw::api
")
