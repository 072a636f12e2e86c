using System.Globalization;
using System.Text.Json;

namespace MicroVm.EdgeAgent.Local;

/// <summary>Makes of the agent's answers what people read.</summary>
internal static partial class LocalText
{
    /// <summary>Head of the table of VMs.</summary>
    internal const string VmHead = "NAME                 PHASE      REVISION RESTARTS        MEMORY      HELD    PID ADDRESS         REASON";

    /// <summary>One line of an answer.</summary>
    internal static string Of(LocalVerb verb, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        return verb switch
        {
            LocalVerb.Status => OfStatus(root),
            LocalVerb.Vms => OfVm(root),
            LocalVerb.Events => OfEvent(root),
            _ => $"{Text(root, "time")} {Text(root, "stream")} {Printable(Text(root, "text"))}",
        };
    }

    private static string OfVm(JsonElement root)
    {
        string reason = $"{Text(root, "reason")} {Printable(Text(root, "message"))}".Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Text(root, "name"),-20} {Text(root, "phase"),-10} {Number(root, "revision"),8} {Number(root, "restarts"),8} {MemoryOf(root),9} MiB {Number(root, "residentBytes") >> 20,5} MiB {Number(root, "pid"),6} {Text(root, "address").Split(' ')[0],-15} {reason}")
            .TrimEnd();
    }

    private static string OfEvent(JsonElement root)
    {
        string vm = Text(root, "vm");
        return $"{Text(root, "time")} {(root.GetProperty("warning").GetBoolean() ? "warning" : "       ")} {(vm.Length == 0 ? "" : $"{vm}: ")}{Text(root, "reason")} {Printable(Text(root, "message"))}".TrimEnd();
    }

    /// <summary>What it has now of what it may have, where these may differ.</summary>
    private static string MemoryOf(JsonElement root)
    {
        (long granted, long most) = (Number(root, "grantedMib"), Number(root, "memoryMib"));
        return granted == most ? $"{most}" : $"{granted}/{most}";
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
