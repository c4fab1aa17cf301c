import type { Topic } from "../../cli/command.ts";

export const environment: Topic = {
  description: "Environment variables",
  parts: [
    "A variable that is set but empty counts as unset, with a warning.",
    {
      heading: "Login",
      rows: [
        ["BENTO_CLOUD_API_KEY", "API token: used instead of any stored context; never saved"],
        ["BENTO_CLOUD_API_KEY_FILE", "File with the API token, instead"],
        ["BENTO_CLOUD_API_ENDPOINT", "Server of that token (default: https://cloud.bentoml.com)"],
        ["BENTOML_CLOUD_CONTEXT", "Name of the context to use"],
        ["BENTOML_HOME", "Directory of the contexts file (default: ~/bentoml)"],
      ],
    },
    "The first of these decides which login is active: --context, BENTO_CLOUD_API_KEY or its file, " +
      "BENTOML_CLOUD_CONTEXT, the nearest .bentorc, the current context. " +
      "BENTO_CLOUD_API_ENDPOINT without a token is only the default endpoint of `bentocloud login`. " +
      "`bentocloud explain` shows what each of them chooses here.",
    {
      heading: "Network",
      rows: [
        ["HTTPS_PROXY, HTTP_PROXY", "Proxy for https:// and for http:// endpoints"],
        ["ALL_PROXY", "Proxy for both"],
        ["NO_PROXY", "Hosts that no proxy is used for"],
        ["NODE_EXTRA_CA_CERTS", "File with more certificate authorities"],
        ["SSL_CERT_FILE", "File with certificate authorities"],
        ["SSL_CERT_DIR", "Directory with certificate authorities"],
      ],
    },
    {
      heading: "Terminal",
      rows: [
        ["NO_COLOR", "Print without colour, whatever its value is"],
        ["TERM=dumb", "Print without colour, and ask in plain lines"],
        ["LC_ALL, LC_CTYPE, LANG", "Marks such as ✓ are printed where these name UTF-8"],
        ["BROWSER", "Program that opens addresses"],
        ["SHELL", "Program that `bentocloud shell` starts"],
        ["BENTOCLOUD_SHELL", "Set in that shell: the name of its context"],
        ["CI", "Ask nothing, unless it is 0 or false"],
      ],
    },
  ],
};
