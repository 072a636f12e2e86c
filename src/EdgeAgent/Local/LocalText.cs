using System.Globalization;
using System.Text.Json;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Makes of the agent's answers what people read.</summary>
internal static partial class LocalText
{
    /// <summary>Head of the table of VMs.</summary>
    internal const string VmHead = "NAME                 PHASE      REVISION RESTARTS    MEMORY      HELD    PID REASON";

    /// <summary>One line of an answer.</summary>
    internal static string Of(LocalVerb verb, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return verb switch
        {
            LocalVerb.Status => OfStatus(root),
            LocalVerb.Vms => OfVm(root),
            _ => $"{Text(root, "time")} {Text(root, "stream")} {Printable(Text(root, "text"))}",
        };
    }

    private static string OfStatus(JsonElement root)
    {
        string counters = string.Join(", ", root.GetProperty("counters").EnumerateObject().Select(static counter => $"{counter.Name} {counter.Value}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            device       {Text(root, "device")}
            agent        {Text(root, "agent")}, boot {Text(root, "bootId")}
            control plane {Text(root, "controlPlane")}, {(root.GetProperty("connected").GetBoolean() ? "connected" : "not connected")}
            generation   {Number(root, "generation")} {Text(root, "digest")}
            changes      {(Text(root, "paused") is { Length: > 0 } paused ? $"PAUSED {Printable(paused)}" : "go through")}
            VMs          {Number(root, "running")} running of {Number(root, "vms")}
            telemetry    {Number(root, "spooledBatches")} batches wait, {Number(root, "spooledBytes") >> 10} KiB
            faults       {(counters.Length == 0 ? "none" : counters)}
            volumes      {VolumesOf(root)}
            """);
    }

    private static string VolumesOf(JsonElement root)
    {
        string[] lines =
        [
            .. root.GetProperty("volumes").EnumerateArray().Select(static volume => string.Create(
                CultureInfo.InvariantCulture,
                $"{Text(volume, "vm")}/{Text(volume, "name")} {Number(volume, "sizeBytes") >> 20} MiB, {Number(volume, "allocatedBytes") >> 20} MiB taken{(volume.GetProperty("desired").GetBoolean() ? "" : ", LEFT OVER")}")),
        ];
        return lines.Length == 0 ? "none" : string.Join("\n             ", lines);
    }

    private static string OfVm(JsonElement root)
    {
        string reason = $"{Text(root, "reason")} {Printable(Text(root, "message"))}".Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Text(root, "name"),-20} {Text(root, "phase"),-10} {Number(root, "revision"),8} {Number(root, "restarts"),8} {Number(root, "memoryMib"),5} MiB {Number(root, "residentBytes") >> 20,5} MiB {Number(root, "pid"),6} {reason}")
            .TrimEnd();
    }

    private static string Text(JsonElement root, string key) => root.GetProperty(key).GetString() ?? "";

    private static long Number(JsonElement root, string key) => root.GetProperty(key).GetInt64();

    /// <summary>What a workload wrote must not move the terminal's cursor.</summary>
    private static string Printable(string text) =>
        string.Create(text.Length, text, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = char.IsControl(source[i]) && source[i] != '\t' ? '\uFFFD' : source[i];
            }
        });
}
