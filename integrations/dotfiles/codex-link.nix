# A home-manager module: imports = [ ./codex-link.nix ]; programs.codex-link = { enable = true; settings = { version = 1; }; };
# Everything in settings goes to the Nix store, which everybody can read: like codex-link.yaml itself it may name where the key comes
# from, and never holds it.
{ config, lib, pkgs, ... }:

let
  cfg = config.programs.codex-link;
  yaml = pkgs.formats.yaml { };
in
{
  options.programs.codex-link = {
    enable = lib.mkEnableOption "linking Codex App to a shared pool with codex-link";

    executable = lib.mkOption {
      type = lib.types.str;
      default = "${config.home.homeDirectory}/.npm-global/bin/codex-link";
      description = "Absolute path of codex-link, which is installed with npm.";
    };

    settings = lib.mkOption {
      type = yaml.type;
      default = { version = 1; };
      description = "What codex-link.yaml says.";
    };
  };

  config = lib.mkIf cfg.enable {
    xdg.configFile."codex-link/codex-link.yaml".source = yaml.generate "codex-link.yaml" cfg.settings;

    # After the files are linked. What is left for a person (exit code 2) does not stop the activation.
    home.activation.codexLink = lib.hm.dag.entryAfter [ "linkGeneration" ] ''
      if [ -x "${cfg.executable}" ]; then
        PATH="${lib.makeBinPath [ pkgs.nodejs ]}:$PATH" run "${cfg.executable}" apply --yes || [ $? -eq 2 ]
      else
        warnEcho "codex-link is not at ${cfg.executable}, so Codex stays as it is"
      fi
    '';
  };
}
