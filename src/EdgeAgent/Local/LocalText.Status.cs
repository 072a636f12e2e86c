using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MicroVm.EdgeAgent.Local;

/// <content>The status: what an engineer asks first comes first.</content>
internal static partial class LocalText
{
    private const int LabelWidth = 14;

    private static string OfStatus(JsonElement root)
    {
        StringBuilder text = new();
        JsonElement link = root.GetProperty("link"), host = root.GetProperty("host");
        string counters = string.Join(", ", root.GetProperty("counters").EnumerateObject().Select(static counter => $"{counter.Name} {counter.Value}"));
        Add(text, "device", Text(root, "device"));
        Add(text, "agent", $"{Text(root, "agent")}, boot {Text(root, "bootId")}, holds {Number(host, "agentResidentBytes") >> 10} KiB");
        Add(text, "update", UpdateOf(root.GetProperty("update")));
        Add(text, "control plane", $"{Text(root, "controlPlane")}, {LinkOf(root.GetProperty("connected").GetBoolean(), link)}");
        Add(text, "certificate", CertificateOf(link, Text(host, "time")));
        Add(text, "clock", $"{Text(host, "time")}{ClockOf(host.GetProperty("clockSynchronised"))}");
        Add(text, "generation", $"{Number(root, "generation")} {Text(root, "digest")}");
        Add(text, "refused", Text(link, "refusal") is { Length: > 0 } refusal ? Printable(refusal) : "nothing");
        Add(text, "changes", Text(root, "paused") is { Length: > 0 } paused ? $"PAUSED {Printable(paused)}" : "go through");
        Add(text, "VMs", $"{Number(root, "running")} running of {Number(root, "vms")}; {Number(host, "vmFreeMib")} MiB free of {Number(host, "vmBudgetMib")} for them");
        Add(text, "memory", $"{Number(host, "memoryAvailableBytes") >> 20} MiB available of {Number(host, "memoryTotalBytes") >> 20}");
        Add(text, "disk", $"{Number(host, "diskAvailableBytes") >> 20} MiB available of {Number(host, "diskTotalBytes") >> 20}");
        Add(text, "network", NetworkOf(root.GetProperty("network")));
        Add(text, "telemetry", $"{Number(root, "spooledBatches")} batches wait, {Number(root, "spooledBytes") >> 10} KiB");
        Add(text, "faults", counters.Length == 0 ? "none" : counters);
        Add(text, "images", Listed(root.GetProperty("images"), ImageOf));
        Add(text, "volumes", Listed(root.GetProperty("volumes"), VolumeOf));
        return text.ToString(0, text.Length - 1);
    }

    private static void Add(StringBuilder text, string label, string value) => text.Append(label.PadRight(LabelWidth)).Append(value).Append('\n');

    private static string UpdateOf(JsonElement update) => Text(update, "version") is not { Length: > 0 } version ? "none: whatever runs will do"
        : Printable(Text(update, "message")) is { Length: > 0 } message ? $"{version} {Text(update, "phase")}: {message}"
        : $"{version} {Text(update, "phase")}";

    private static string LinkOf(bool connected, JsonElement link)
    {
        string since = Text(link, "since"), fault = Printable(Text(link, "fault"));
        return connected ? $"connected since {since}"
            : !link.GetProperty("enrolled").GetBoolean() ? $"not connected: the device is not enrolled{(Text(link, "identityFault") is { Length: > 0 } why ? $": {Printable(why)}" : "")}"
            : fault.Length == 0 ? "not connected yet"
            : $"not connected since {since}, {Number(link, "failures")} attempts: {fault}";
    }

    /// <summary>Times are of one form, so that their order is that of their texts.</summary>
    private static string CertificateOf(JsonElement link, string now)
    {
        string from = Text(link, "certificateFrom"), until = Text(link, "certificateUntil"), fault = Printable(Text(link, "identityFault"));
        string said = until.Length == 0 ? "none"
            : string.CompareOrdinal(now, from) < 0 ? $"begins at {from}, after this device's clock"
            : string.CompareOrdinal(now, until) > 0 ? $"ENDED at {until} by this device's clock"
            : $"until {until}";
        return $"{said}, trust bundle {Number(link, "trustVersion")}{(fault.Length == 0 ? "" : $"; {fault}")}";
    }

    private static string ClockOf(JsonElement synchronised) => synchronised.ValueKind == JsonValueKind.False ? ", not synchronised" : "";

    private static string NetworkOf(JsonElement network) => !network.GetProperty("enabled").GetBoolean() ? "switched off in the configuration"
        : !network.GetProperty("up").GetBoolean() ? "no bridge yet: no VM has asked for it"
        : $"{Text(network, "pool")}, gateway {Text(network, "gateway")}, {Number(network, "taken")} VMs have an address";

    private static string ImageOf(JsonElement image) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Printable(Text(image, "name"))} {Text(image, "digest")} {Mebibytes(image, "sizeBytes")}{(image.GetProperty("complete").GetBoolean() ? "" : $", MISSING, {Mebibytes(image, "partialBytes")} of it are here")}");

    private static string VolumeOf(JsonElement volume) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Text(volume, "vm")}/{Text(volume, "name")} {Number(volume, "sizeBytes") >> 20} MiB, {Number(volume, "allocatedBytes") >> 20} MiB taken{(volume.GetProperty("desired").GetBoolean() ? "" : ", LEFT OVER")}");

    private static string Listed(JsonElement items, Func<JsonElement, string> line)
    {
        string[] lines = [.. items.EnumerateArray().Select(line)];
        return lines.Length == 0 ? "none" : string.Join($"\n{new string(' ', LabelWidth)}", lines);
    }
}
