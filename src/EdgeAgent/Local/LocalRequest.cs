using System.Globalization;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Local;

/// <summary>One request on the local socket: one line of text.</summary>
/// <param name="Verb">What is asked.</param>
/// <param name="Vm">The VM of <see cref="LocalVerb.Logs"/> or <see cref="LocalVerb.Session"/>; none otherwise.</param>
/// <param name="Tail">Lines of the past that <see cref="LocalVerb.Logs"/> begins with, 0 to <see cref="MaxTail"/>.</param>
/// <param name="Follow">New lines are wanted as well.</param>
/// <param name="Reason">Why <see cref="LocalVerb.Pause"/>.</param>
/// <param name="Check"><see cref="LocalVerb.Apply"/> only looks.</param>
internal sealed record LocalRequest(
    LocalVerb Verb, ResourceName Vm = default, int Tail = 0, bool Follow = false, string Reason = "", bool Check = false)
{
    /// <summary>Most bytes of a line.</summary>
    internal const int MaxBytes = 1024;

    /// <summary>Most lines of the past that may be asked for.</summary>
    internal const int MaxTail = 10_000;

    /// <summary>The line without its end: <c>status</c>, <c>vms</c>, <c>events</c>, <c>logs VM TAIL follow|end</c>, <c>session VM</c>, <c>pause REASON</c>, <c>resume</c>, <c>apply import|check</c>.</summary>
    internal string ToLine() => Verb switch
    {
        LocalVerb.Logs => string.Create(CultureInfo.InvariantCulture, $"logs {Vm.Value} {Tail} {(Follow ? "follow" : "end")}"),
        LocalVerb.Session => $"session {Vm.Value}",
        LocalVerb.Apply => Check ? "apply check" : "apply import",
        LocalVerb.Pause => $"pause {Reason.ReplaceLineEndings(" ")}".TrimEnd(),
        _ => Verb.ToString().ToLowerInvariant(),
    };

    /// <summary>Reads a line; false when it is no request.</summary>
    internal static bool TryParse(string line, out LocalRequest request)
    {
        string[] words = line.Split(' ', 2);
        string rest = words.Length > 1 ? words[1] : "";
        LocalRequest? read = (words[0], rest.Length) switch
        {
            ("status", 0) => new LocalRequest(LocalVerb.Status),
            ("events", 0) => new LocalRequest(LocalVerb.Events),
            ("vms", 0) => new LocalRequest(LocalVerb.Vms),
            ("resume", 0) => new LocalRequest(LocalVerb.Resume),
            ("apply", _) => rest is "import" or "check" ? new LocalRequest(LocalVerb.Apply, Check: rest == "check") : null,
            ("pause", _) => new LocalRequest(LocalVerb.Pause, Reason: Printable(rest)),
            ("logs", _) => ReadLogs(rest.Split(' ')),
            ("session", _) => ResourceName.TryParse(rest, out ResourceName vm) ? new LocalRequest(LocalVerb.Session, vm) : null,
            _ => null,
        };
        request = read ?? new LocalRequest(LocalVerb.Status);
        return read is not null;
    }

    private static LocalRequest? ReadLogs(string[] words) =>
        words.Length == 3 && ResourceName.TryParse(words[0], out ResourceName vm)
        && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int tail) && tail <= MaxTail
        && words[2] is "follow" or "end"
            ? new LocalRequest(LocalVerb.Logs, vm, tail, words[2] == "follow")
            : null;

    /// <summary>A reason goes to logs, terminals and the control plane.</summary>
    private static string Printable(string text) => string.Concat(text.Where(static letter => !char.IsControl(letter)));
}
