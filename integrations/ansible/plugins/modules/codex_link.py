#!/usr/bin/python
# -*- coding: utf-8 -*-

# Copyright: codex-link contributors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: codex_link
short_description: Brings a machine to what codex-link.yaml states
version_added: 0.1.0
description:
  - Runs the C(codex-link) program of the machine once, and translates its JSON.
  - Linking Codex App to a pool of accounts, verifying the route and putting everything back when that fails is what C(codex-link) does.
    This module adds nothing to it.
author:
  - codex-link contributors (!UNKNOWN)
options:
  state:
    description:
      - V(present) applies, verifies the route, and puts everything back when that fails.
      - V(planned) only looks, also without check mode. It never counts as changed.
      - V(checked) looks as C(codex-link drift) does, with what C(drift.ignore) accepts left out, and tells since when and by whose hand. It
        puts nothing back and never counts as changed.
      - V(absent) releases everything, back to before the first apply.
      - V(rotated) replaces the key of a gateway on this machine. It changes something every time.
      - V(rolled_back) puts the files back to what they were after O(generation), or before the last one.
      - V(routed) switches to O(route) now and holds it, whatever the specification says.
    type: str
    choices: [present, planned, checked, absent, rotated, rolled_back, routed]
    default: present
  spec:
    description:
      - What is wanted, as in C(codex-link.yaml).
      - It must not hold a secret; C(codex-link) refuses one.
      - On Macs O(spec_path) is better, because what is deferred is done later with the same file.
    type: dict
  spec_path:
    description:
      - Path of a C(codex-link.yaml) on the machine.
      - Without O(spec) and O(spec_path) the file is found where C(codex-link) looks for it.
    type: path
  secret:
    description:
      - The key of the gateway, instead of what C(secret.source) says. Allowed with O(state=present) and O(state=planned).
      - It is handed to C(codex-link) over standard input. It is in no command line, no environment and no file besides the store.
      - Set C(secret.source) to V(keep), so that later runs without it keep the key that is stored.
    type: str
  target:
    description: Only these resources and what they depend on.
    type: list
    elements: str
    default: []
  exclude:
    description: Not these resources nor what depends on them.
    type: list
    elements: str
    default: []
  route:
    description: The route to switch to with O(state=routed). V(auto) goes back to what the specification says.
    type: str
    choices: [cliproxy, openai, auto]
  generation:
    description: The number of the generation to go back to with O(state=rolled_back). V(0) is before the first apply.
    type: int
  purge:
    description: With O(state=absent) also the key in the store, and the provider's table that conversations need.
    type: bool
    default: false
  os_user:
    description:
      - The user whose Codex is meant, where that is not the user of the connection. The connection must be root's then.
      - On macOS it runs in the session of that user, if there is one.
    type: str
  executable:
    description: Name or path of C(codex-link).
    type: str
    default: codex-link
attributes:
  check_mode:
    support: full
    description: Tells what would be changed, and changes nothing.
  diff_mode:
    support: full
    description: Gives the diffs of C(codex-link), in which secrets are masked.
  platform:
    support: full
    platforms: posix
    description: Where it runs.
requirements:
  - codex-link 0.1.0 or later on the machine
"""

EXAMPLES = r"""
- name: Link Codex to the team's gateway
  codex_link.provisioning.codex_link:
    spec:
      version: 1
      gateway: {url: "https://pool.example.com", manager: none}
      provider: {model: gpt-5.5}
      secret: {source: keep}
    secret: "{{ lookup('community.hashi_vault.hashi_vault', 'secret/codex/' ~ inventory_hostname) }}"

- name: Look, and change nothing
  codex_link.provisioning.codex_link:
    spec_path: ~/.config/codex-link/codex-link.yaml
    state: planned
  register: codex_link_look

- name: Everybody to the OAuth route
  codex_link.provisioning.codex_link:
    state: routed
    route: openai

- name: Release everything
  codex_link.provisioning.codex_link:
    state: absent
"""

RETURN = r"""
plan:
  description: The whole JSON document of C(codex-link), as published in its schemas.
  returned: when codex-link could be run
  type: dict
outcome:
  description: How it ended, in the words of the document.
  returned: when codex-link could be run
  type: str
  sample: converged
resources:
  description: Addresses of the resources that were changed, or would be.
  returned: success
  type: list
  elements: str
  sample: [secret, helper, provider]
waiting:
  description: Addresses of the resources that were to be changed, and wait for what is deferred or manual.
  returned: success, unless it was a look
  type: list
  elements: str
verified:
  description: Whether the route was checked end to end in this run, and works.
  returned: success, unless it was a look
  type: bool
generation:
  description: Number under which the change can be rolled back.
  returned: success, unless it was a look
  type: int
deferred:
  description: What cannot be done from here, like the login keychain over SSH. Also the fact C(codex_link_deferred).
  returned: success
  type: list
  elements: dict
  contains:
    address: {description: The resource., type: str}
    reason: {description: Why., type: str}
    command: {description: What to type., type: str}
manual:
  description: What only a person can do. Also the fact C(codex_link_manual).
  returned: success
  type: list
  elements: dict
  contains:
    address: {description: The resource., type: str}
    reason: {description: Why., type: str}
    command: {description: What to type., type: str}
code:
  description: The stable code of what went wrong. C(codex-link explain CODE) says more.
  returned: failure
  type: str
  sample: CL4003
fix:
  description: What to do about it.
  returned: failure
  type: str
findings:
  description: Everything that C(codex-link) had to say.
  returned: when codex-link could be run
  type: list
  elements: dict
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_text

# A login over SSH seldom has these on its PATH.
FOLDERS = ["~/.local/bin", "~/.npm-global/bin", "/opt/homebrew/bin", "/usr/local/bin"]

CHANGING = ("create", "update", "delete", "run")

# Also without check mode.
LOOKS = ("planned", "checked")


def command_line(params, check, spec_path):
    """The arguments for codex-link, and whether it only looks."""
    state = params["state"]
    look = check or state in LOOKS
    if state == "checked":
        args = ["drift", "--dry-run"] + selection(params)
    elif state in ("present", "planned"):
        args = (["plan"] if look else ["apply", "--yes"]) + selection(params)
        if params["secret"] is not None:
            args.append("--secret-stdin")
    else:
        args = {
            "absent": ["destroy"],
            "rotated": ["rotate"],
            "rolled_back": ["rollback"],
            "routed": ["use", params["route"]],
        }[state]
        if state == "rolled_back" and params["generation"] is not None:
            args.append(str(params["generation"]))
        if state == "absent" and params["purge"]:
            args.append("--purge")
        args.append("--dry-run" if look else "--yes")
    if spec_path is not None:
        args += ["--file", spec_path]
    return args + ["--json"], look


def selection(params):
    return [each for flag in ("target", "exclude") for address in params[flag] for each in ("--" + flag, address)]


def as_user(module, user):
    """What has to stand before a command so that it runs as somebody else, with a clean environment of theirs."""
    import pwd

    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        module.fail_json(msg="there is no user %s on this machine" % user)
    if entry.pw_uid == os.geteuid():
        return []
    if os.geteuid() != 0:
        module.fail_json(msg="os_user %s needs a connection as root: set become: true" % user)
    home = "HOME=" + entry.pw_dir
    path = "PATH=" + search_path(entry.pw_dir)
    clean = [module.get_bin_path("env", required=True), "-i", home, "USER=" + user, "LOGNAME=" + user, path, "LANG=C.UTF-8"]
    if os.uname()[0] == "Darwin":
        session = [module.get_bin_path("launchctl", required=True), "asuser", str(entry.pw_uid)]
        return session + [module.get_bin_path("sudo", required=True), "-n", "-u", user, "--"] + clean
    runuser = module.get_bin_path("runuser", opt_dirs=["/sbin", "/usr/sbin"])
    if runuser is not None:
        return [runuser, "-u", user, "--"] + clean
    return [module.get_bin_path("sudo", required=True), "-n", "-u", user, "--"] + clean


def home_of(user):
    if user is None and os.environ.get("HOME"):
        return os.environ["HOME"]
    import pwd

    return (pwd.getpwuid(os.geteuid()) if user is None else pwd.getpwnam(user)).pw_dir


def search_path(home):
    own = [folder.replace("~", home, 1) for folder in FOLDERS]
    return os.pathsep.join(own + [os.environ.get("PATH", "/usr/bin:/bin")])


def steps(resources, status):
    """Resources that ended in this status: planned so, or found out on the way."""
    found = [one for one in resources if (one.get("result") if one.get("result") == status else one.get("status")) == status]
    return [dict(address=one["address"], reason=one["reason"], command=one.get("command")) for one in found]


def changed_addresses(document, look):
    resources = document.get("resources", [])
    if document.get("command") == "drift":
        return [one["address"] for one in resources if one["drifted"]]
    if look:
        return [one["address"] for one in resources if one["status"] in CHANGING]
    return [one["address"] for one in resources if one.get("result") == "done"]


def diffs(document, addresses):
    """One text for each resource, as codex-link words it: secrets are masked there."""
    found = []
    for one in document.get("resources", []):
        if one["address"] not in addresses:
            continue
        text = one.get("diff")
        if text is None:
            values = ["%s: %s -> %s" % (each["path"], shown(each["before"]), shown(each["after"])) for each in one["changes"]]
            text = "\n".join(values or [one["reason"]])
        found.append(dict(prepared="%s (%s)\n%s\n" % (one["address"], one["status"], text.rstrip("\n"))))
    return found


def shown(value):
    return "none" if value is None else value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def fail(module, document, code, rc, changed):
    """Fails with the first error, its code and its fix."""
    findings = document.get("findings", [])
    errors = [one for one in findings if one.get("severity") == "error"] or findings
    first = document.get("error") or (errors[0] if errors else {})
    message = first.get("message", "codex-link %s ended with exit code %d" % (code, rc))
    fix = first.get("fix", "codex-link %s on the machine says more" % code)
    module.fail_json(
        msg="%s: %s. Next: %s" % (first.get("code", "codex-link"), message.rstrip("."), fix),
        code=first.get("code"),
        fix=fix,
        findings=findings,
        outcome=document.get("outcome"),
        plan=document,
        rc=rc,
        changed=changed,
    )


def specification(module):
    """Where the specification is, and what goes to standard input. One that is given here goes there too, unless the key does."""
    secret = module.params["secret"]
    data = None if secret is None else secret + "\n"
    if module.params["spec"] is None:
        return module.params["spec_path"], data
    # JSON is YAML.
    text = json.dumps(module.params["spec"])
    if data is None:
        return "-", text
    return spec_file(module, text), data


def spec_file(module, text):
    """A file beside the module, which goes with it."""
    path = os.path.join(module.tmpdir, "codex-link.yaml")
    user = module.params["os_user"]
    if user is not None:
        # The folder of the module is root's alone; the specification holds no secret.
        import tempfile

        handle, path = tempfile.mkstemp(prefix="codex-link-", suffix=".yaml")
        os.close(handle)
        os.chmod(path, 0o644)
    module.add_cleanup_file(path)
    with open(path, "w") as stream:
        stream.write(text)
    return path


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(
                type="str", default="present", choices=["present", "planned", "checked", "absent", "rotated", "rolled_back", "routed"]
            ),
            spec=dict(type="dict"),
            spec_path=dict(type="path"),
            secret=dict(type="str", no_log=True),
            target=dict(type="list", elements="str", default=[]),
            exclude=dict(type="list", elements="str", default=[]),
            route=dict(type="str", choices=["cliproxy", "openai", "auto"]),
            generation=dict(type="int"),
            purge=dict(type="bool", default=False),
            os_user=dict(type="str"),
            executable=dict(type="str", default="codex-link"),
        ),
        mutually_exclusive=[("spec", "spec_path")],
        required_if=[("state", "routed", ["route"])],
        supports_check_mode=True,
    )
    params = module.params
    if params["secret"] is not None and params["state"] not in ("present", "planned"):
        module.fail_json(msg="secret goes with state present or planned only")

    prefix = [] if params["os_user"] is None else as_user(module, params["os_user"])
    home = home_of(params["os_user"])
    folders = [folder.replace("~", home, 1) for folder in FOLDERS]
    executable = params["executable"]
    if executable.startswith("~/"):
        executable = os.path.join(home, executable[2:])
    if not os.path.isabs(executable):
        executable = module.get_bin_path(executable, opt_dirs=folders)
    if executable is None or not os.access(executable, os.X_OK):
        module.fail_json(msg="codex-link is not installed here: %s. Next: use the role codex_link" % params["executable"])

    spec_path, data = specification(module)
    args, look = command_line(params, module.check_mode, spec_path)
    environment = dict(PATH=search_path(home), NO_COLOR="1")
    rc, out, err = module.run_command(
        prefix + [executable] + args, data=data, binary_data=True, environ_update=environment, cwd=home
    )
    try:
        document = json.loads(to_text(out))
    except ValueError:
        document = None
    if not isinstance(document, dict):
        module.fail_json(msg="codex-link printed no JSON (exit code %d)" % rc, rc=rc, stderr=to_text(err)[-2000:])

    addresses = changed_addresses(document, look)
    # 2 when steps remain for somebody else; of drift also 2 when it has found some, and 3 when it cannot tell: those are no failures.
    if rc not in (0, 2, 3) or "error" in document:
        fail(module, document, args[0], rc, False)
    # What would stop the apply stops its check too; a mere look tells it.
    if look and params["state"] not in LOOKS and any(one.get("severity") == "error" for one in document.get("findings", [])):
        fail(module, document, args[0], rc, False)

    resources = document.get("resources", [])
    deferred, manual = steps(resources, "deferred"), steps(resources, "manual")
    waiting = [one["address"] for one in resources if one.get("result") == "skipped" and one["status"] in CHANGING]
    result = dict(
        changed=params["state"] not in LOOKS and len(addresses) > 0,
        outcome=document.get("outcome"),
        resources=addresses,
        deferred=deferred,
        manual=manual,
        findings=document.get("findings", []),
        plan=document,
        ansible_facts=dict(codex_link_deferred=deferred, codex_link_manual=manual),
    )
    if not look:
        result.update(waiting=waiting, verified=document.get("verified"), generation=document.get("generation"))
    if module._diff and addresses:
        result["diff"] = diffs(document, addresses)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
