// SPDX-License-Identifier: Apache-2.0
#include "ray/command_text.h"

#include <gtest/gtest.h>

namespace raykeep::ray {
namespace {

TEST(RedactCommand, HidesWhatIsNamedLikeASecret) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"python main.py --epochs 3", "python main.py --epochs 3"},
      {"API_TOKEN=abc python main.py", "API_TOKEN=<redacted> python main.py"},
      {"PLAIN=abc OTHER='a b' python X=1 main.py", "PLAIN=<redacted> OTHER=<redacted> python X=1 main.py"},
      {"python main.py --password s3cret --epochs 3", "python main.py --password <redacted> --epochs 3"},
      {"python main.py --db-password=\"a b\" x", "python main.py --db-password=<redacted> x"},
      {"python main.py --token 'a b' x", "python main.py --token <redacted> x"},
      {"python main.py api_key=abc", "python main.py api_key=<redacted>"},
      {"java -Dray.redis.password=abc X", "java -Dray.redis.password=<redacted> X"},
      {"curl https://ann:pw@host/x?y", "curl https://<redacted>@host/x?y"},
      {"python  a.py\n--SECRET\tx", "python  a.py\n--SECRET\t<redacted>"},
      {"", ""}};
  for (const auto& [command, redacted] : cases) EXPECT_EQ(redact_command(command), redacted);
}

TEST(RedactCommand, TakesUnbalancedQuotesAndALoneBackslash) {
  EXPECT_EQ(redact_command("python --token 'abc def"), "python --token <redacted>");
  EXPECT_EQ(redact_command("python \\"), "python \\");
}

TEST(RedactArguments, HidesTheArgumentAfterASecretOption) {
  EXPECT_EQ(
      redact_arguments({"raylet", "--redis_password", "abc", "--port=1", "--redis_password=abc", "sub --token x"}),
      (std::vector<std::string>{"raylet", "--redis_password", "<redacted>", "--port=1", "--redis_password=<redacted>",
                                "sub --token <redacted>"}));
}

TEST(RedactUrl, HidesUserAndPasswordOfEveryUrl) {
  EXPECT_EQ(redact_url("a https://u:p@h/x b https://h2/y@z c s3://k@b"),
            "a https://<redacted>@h/x b https://h2/y@z c s3://<redacted>@b");
  EXPECT_EQ(redact_url("https://u:p@w@h/"), "https://<redacted>@h/") << "the last @ ends the user information";
  EXPECT_EQ(redact_url("mail@example.com"), "mail@example.com");
}

}  // namespace
}  // namespace raykeep::ray
