// Added by Raykeep to the dashboard's page. The dashboard shows nothing when one of its calls is refused, so this says why,
// and who is signed in.
(() => {
  "use strict";
  const script = document.currentScript;
  const user = script.dataset.user || "";
  const cluster = script.dataset.cluster || "";
  let banner;

  function element(tag, text, style) {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (style) node.style.cssText = style;
    return node;
  }

  function show(message, link) {
    if (!banner) {
      banner = element("div", "", "position:fixed;left:50%;top:12px;transform:translateX(-50%);z-index:99999;max-width:44rem;" +
        "padding:10px 16px;border-radius:8px;background:#7a1f18;color:#fff;font:14px/1.4 system-ui,sans-serif;box-shadow:0 4px 16px rgba(0,0,0,.3)");
      banner.setAttribute("role", "alert");
      banner.id = "raykeep-banner";
      document.body.appendChild(banner);
    }
    banner.replaceChildren(element("span", message + " "));
    if (link) {
      const anchor = element("a", link.text, "color:#fff;text-decoration:underline");
      anchor.href = link.href;
      banner.appendChild(anchor);
    }
    const close = element("button", "\u00d7", "margin-left:14px;border:0;background:none;color:#fff;font:inherit;cursor:pointer");
    close.setAttribute("aria-label", "Close this message");
    close.onclick = () => { banner.remove(); banner = undefined; };
    banner.appendChild(close);
  }

  function refused(status, reason, text) {
    if (!reason) return;
    if (status === 401) {
      show("Your session has ended.", { text: "Sign in again", href: "/-/login?next=" + encodeURIComponent(location.pathname) });
    } else if (status === 403 || status === 429 || status >= 502) {
      show((text || "This was refused.").trim() + " (" + reason + ")");
    }
  }

  const realFetch = window.fetch;
  window.fetch = async (...args) => {
    const response = await realFetch(...args);
    const reason = response.headers.get("X-Raykeep-Reason");
    if (reason) response.clone().text().then((text) => refused(response.status, reason, text));
    return response;
  };
  const realOpen = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (...args) {
    this.addEventListener("load", () => {
      const reason = this.getResponseHeader("X-Raykeep-Reason");
      const text = this.responseType === "" || this.responseType === "text" ? this.responseText : "";
      refused(this.status, reason, text);
    });
    return realOpen.apply(this, args);
  };

  window.addEventListener("DOMContentLoaded", () => {
    const bar = element("div", "", "position:fixed;right:12px;bottom:12px;z-index:99998;padding:4px 10px;border-radius:6px;" +
      "background:rgba(20,30,40,.82);color:#fff;font:12px/1.5 system-ui,sans-serif");
    bar.id = "raykeep-bar";
    bar.appendChild(element("span", user + " on " + cluster + " \u00b7 "));
    const anchor = element("a", "all clusters", "color:#9cd1ff");
    anchor.href = "/";
    bar.appendChild(anchor);
    document.body.appendChild(bar);
  });
})();
