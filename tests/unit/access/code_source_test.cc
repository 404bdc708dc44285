// SPDX-License-Identifier: Apache-2.0
#include "access/code_source.h"

#include <gtest/gtest.h>

namespace raykeep::access {
namespace {

SubmissionPolicy strict() {
  SubmissionPolicy policy;
  policy.code_sources = {{"gcs", {}}, {"https", {"code.example.com", "*.trusted.example"}}, {"s3", {"team-*"}}};
  policy.package_sources = {{"https", {"index.example.com"}}};
  policy.denied_environment = {"RAY_*", "LD_*", "PYTHONPATH"};
  policy.allowed_environment = {"RAY_DEDUP_LOGS"};
  return policy;
}

TEST(CodeSource, AllowedSchemesAndHostsPass) {
  const auto sources = strict().code_sources;
  for (const std::string_view uri :
       {"gcs://_ray_pkg_763b90ccc5937aaf.zip", "https://code.example.com/a.zip",
        "https://CODE.example.com:8443/a.zip?x=1", "https://deep.trusted.example/a.zip", "s3://team-red/a.zip"}) {
    EXPECT_EQ(source_problem(uri, sources), "") << uri;
  }
}

TEST(CodeSource, EverythingElseIsRefused) {
  const auto sources = strict().code_sources;
  for (const std::string_view uri : {"",
                                     "/etc",
                                     "./code",
                                     "http://code.example.com/a.zip",
                                     "https://evil.example/a.zip",
                                     "https://code.example.com.evil.example/a.zip",
                                     "https://code.example.com@evil.example/a.zip",
                                     "https://evil.example/code.example.com",
                                     "https://evil.example#code.example.com",
                                     "https://evil.example\\code.example.com/",
                                     "https:///a.zip",
                                     "https:code.example.com/a.zip",
                                     "HTTPS://code.example.com/a.zip",
                                     "https://code.example.com\t/a.zip",
                                     " https://code.example.com/a.zip",
                                     "https://%63ode.example.com/a.zip",
                                     "file:///etc/passwd",
                                     "s3://other/a.zip",
                                     "gcs://other.zip",
                                     "gcs://_ray_pkg_763b90ccc5937aaf.zip/../../x",
                                     "trusted.example",
                                     "https://trusted.example/a.zip"}) {
    EXPECT_NE(source_problem(uri, sources), "") << uri;
  }
}

TEST(CodeSource, ARefusalSaysWhatIsAllowedAndShowsNoPassword) {
  const std::string problem = source_problem("https://ann:hunter2@code.example.com/a.zip", strict().code_sources);
  EXPECT_EQ(problem.find("hunter2"), std::string::npos);
  EXPECT_NE(problem.find("allowed are gcs://, https://code.example.com|*.trusted.example, s3://team-*"),
            std::string::npos)
      << problem;
}

TEST(Requirement, NamesWithVersionsPass) {
  for (const std::string_view line :
       {"numpy", "numpy==2.1", "ray[serve]>=2.9,<3", "x==1; python_version < \"3.12\"", "# a comment"}) {
    EXPECT_EQ(requirement_problem(line, strict()), "") << line;
  }
  SubmissionPolicy none = strict();
  none.package_names_allowed = false;
  EXPECT_NE(requirement_problem("numpy", none), "");
}

TEST(Requirement, UrlsAndIndexesMustBeAllowed) {
  for (const std::string_view line :
       {"https://index.example.com/a.whl", "a @ https://index.example.com/a.whl",
        "git+https://index.example.com/r.git@v1", "--index-url https://index.example.com/simple",
        "--extra-index-url=https://index.example.com/simple", "--pre"}) {
    EXPECT_EQ(requirement_problem(line, strict()), "") << line;
  }
  for (const std::string_view line :
       {"https://evil.example/a.whl", "a @ https://evil.example/a.whl", "a@https://evil.example/a.whl",
        "git+https://evil.example/r.git", "--index-url https://evil.example/simple", "--index-url=https://evil.example",
        "-i https://evil.example", "-ihttps://evil.example", "--find-links https://evil.example", "--index-url",
        "--trusted-host evil.example", "-r other.txt", "-e .", "--no-index",
        "https://ann:pw@index.example.com/a.whl"}) {
    EXPECT_NE(requirement_problem(line, strict()), "") << line;
  }
}

TEST(Requirement, ALineIsOneLineAndHoldsNothingHidden) {
  for (const std::string_view line :
       {"numpy\n--index-url https://evil.example", "numpy\r-r x", "numpy \\", "numpy --index-url https://evil.example",
        "numpy --global-option=x", "a @ https://index.example.com/${SECRET}", "./local", "/abs/path",
        "pkg @ file:/etc/x", "dir/sub", "", " numpy", "a\xff"}) {
    EXPECT_NE(requirement_problem(line, strict()), "") << line;
  }
}

TEST(InstallOptions, AreTakenInPairsAsTheInstallerDoes) {
  EXPECT_EQ(install_options_problem({"--pre", "--index-url", "https://index.example.com/simple"}, strict()), "");
  EXPECT_NE(install_options_problem({"--index-url", "https://evil.example/simple"}, strict()), "");
  EXPECT_NE(install_options_problem({"--index-url"}, strict()), "");
  EXPECT_NE(install_options_problem({"--target", "/tmp"}, strict()), "");
  EXPECT_NE(install_options_problem({"evil-package"}, strict()), "");
  EXPECT_NE(install_options_problem({"--pre https://evil.example"}, strict()), "");
}

TEST(Variable, DeniedNamesAreRefusedUnlessAllowedByName) {
  EXPECT_EQ(variable_problem("MY_SETTING", strict()), "");
  EXPECT_EQ(variable_problem("RAY_DEDUP_LOGS", strict()), "");
  for (const std::string_view name :
       {"RAY_AUTH_TOKEN", "LD_PRELOAD", "PYTHONPATH", "", "1X", "A B", "A=B", "A\n", "\xc3\xa9"}) {
    EXPECT_NE(variable_problem(name, strict()), "") << name;
  }
}

}  // namespace
}  // namespace raykeep::access
