using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>The small files beside the slots: lines of <c>name=value</c>, which a shell reads as well. What cannot be read is nothing.</summary>
internal static class SlotText
{
    private const int MaxReasonCharacters = 300;

    internal static string NameOf(AgentSlot slot) => slot switch
    {
        AgentSlot.A => "a",
        AgentSlot.B => "b",
        _ => "base",
    };

    internal static AgentSlot? SlotNamed(string? name) => name switch
    {
        "a" => AgentSlot.A,
        "b" => AgentSlot.B,
        "base" => AgentSlot.Base,
        _ => null,
    };

    internal static string Write(UpdateTrial trial) => Lines(
        ("previous", NameOf(trial.Previous)),
        ("candidate", NameOf(trial.Candidate)),
        ("version", trial.Version.Value),
        ("digest", trial.Digest.Value),
        ("connected", trial.WasConnected ? "yes" : "no"),
        ("reason", Cut(trial.Reason)));

    internal static UpdateTrial? ReadTrial(string? text) => Parse(text) is { } lines
        && SlotNamed(lines.GetValueOrDefault("previous")) is AgentSlot previous
        && SlotNamed(lines.GetValueOrDefault("candidate")) is AgentSlot candidate and not AgentSlot.Base
        && previous != candidate
        && TryRelease(lines, out ReleaseVersion version, out Digest digest)
            ? new UpdateTrial(previous, candidate, version, digest, lines.GetValueOrDefault("connected") == "yes", lines.GetValueOrDefault("reason") ?? "")
            : null;

    internal static string Write(FailedRelease failed) =>
        Lines(("version", failed.Version.Value), ("digest", failed.Digest.Value), ("reason", Cut(failed.Reason)));

    internal static FailedRelease? ReadFailed(string? text) => Parse(text) is { } lines && TryRelease(lines, out ReleaseVersion version, out Digest digest)
        ? new FailedRelease(version, digest, lines.GetValueOrDefault("reason") ?? "")
        : null;

    internal static string Write(SlotRelease release) => Lines(("version", release.Version.Value), ("digest", release.Digest.Value));

    internal static SlotRelease? ReadRelease(string? text) => Parse(text) is { } lines && TryRelease(lines, out ReleaseVersion version, out Digest digest)
        ? new SlotRelease(version, digest)
        : null;

    private static string Lines(params ReadOnlySpan<(string Name, string Value)> lines)
    {
        string text = "";
        foreach ((string name, string value) in lines)
        {
            text += $"{name}={value}\n";
        }

        return text;
    }

    /// <summary>One line of bounded length.</summary>
    private static string Cut(string reason)
    {
        string line = reason.ReplaceLineEndings(" ");
        return line.Length > MaxReasonCharacters ? line[..MaxReasonCharacters] : line;
    }

    private static Dictionary<string, string>? Parse(string? text)
    {
        if (text is null)
        {
            return null;
        }

        Dictionary<string, string> lines = [];
        foreach (string line in text.Split('\n'))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and int at)
            {
                lines[line[..at]] = line[(at + 1)..];
            }
        }

        return lines;
    }

    private static bool TryRelease(Dictionary<string, string> lines, out ReleaseVersion version, out Digest digest)
    {
        digest = default;
        return ReleaseVersion.TryParse(lines.GetValueOrDefault("version"), out version) && Digest.TryParse(lines.GetValueOrDefault("digest"), out digest);
    }
}
