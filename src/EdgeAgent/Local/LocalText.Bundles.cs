using System.Globalization;
using System.Text.Json;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Local;

internal static partial class LocalText
{
    /// <summary>One line about a bundle as it goes.</summary>
    internal static string OfBundle(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return Text(root, "event") switch
        {
            "bundle" => string.Create(
                CultureInfo.InvariantCulture,
                $"bundle of {Text(root, "created")}: generation {Number(root, "generation")}; {Number(root, "devices")} devices, {Number(root, "images")} contents, {Mebibytes(root, "contentBytes")}"),
            "progress" => string.Create(CultureInfo.InvariantCulture, $"{Mebibytes(root, "doneBytes")} of {Mebibytes(root, "contentBytes")}"),
            "image" or "agent" => string.Create(
                CultureInfo.InvariantCulture, $"{Text(root, "event")} {Printable(Text(root, "name"))} {Text(root, "digest")} {Mebibytes(root, "sizeBytes")}: {Text(root, "state")}"),
            _ => OfOutcome(root),
        };
    }

    private static string OfOutcome(JsonElement root)
    {
        bool check = root.GetProperty("check").GetBoolean(), held = root.GetProperty("held").GetBoolean();
        List<string> lines =
        [
            held ? $"generation {Number(root, "generation")} is held already"
                : $"generation {Number(root, "generation")} {(check ? "would be" : "is")} held; it was {Number(root, "before")}",
        ];
        lines.AddRange(root.GetProperty("changes").EnumerateArray().Select(static change => $"VM {Text(change, "vm")} {(Text(change, "change"))}"));
        if (Number(root, "images") is > 0 and long images)
        {
            lines.Add($"{images} images, {Mebibytes(root, "imageBytes")}, {(check ? "would come" : "came")} with it");
        }

        if (root.TryGetProperty("agent", out JsonElement agent))
        {
            lines.Add($"agent {Text(agent, "version")} {AgentOf(agent, check)}");
        }

        if (Number(root, "trustVersion") is > 0 and long trust)
        {
            lines.Add($"trust bundle {trust} {(check ? "would come" : "came")} with it");
        }

        if (Text(root, "paused") is { Length: > 0 } paused)
        {
            lines.Add($"changes wait: PAUSED {Printable(paused)}");
        }

        return string.Join('\n', lines);
    }

    private static string AgentOf(JsonElement agent, bool check) =>
        agent.GetProperty("taken").GetBoolean() ? $"{(check ? "would come" : "came")} with it{(check ? "" : ": 'microvm-agent status' says how far it is")}"
        : (Text(agent, "phase"), Printable(Text(agent, "message"))) switch
        {
            (nameof(AgentPhase.Current), _) => "runs already",
            (nameof(AgentPhase.Fetching), _) => "is not in the bundle: it waits for a network, or for a bundle that has it",
            (string phase, { Length: > 0 } message) => $"is {phase.ToLowerInvariant()}: {message}",
            (string phase, _) => $"is {phase.ToLowerInvariant()}",
        };

    private static string Mebibytes(JsonElement root, string key) =>
        string.Create(CultureInfo.InvariantCulture, $"{Number(root, key) / 1048576.0:0.0} MiB");
}
