using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Local;

/// <summary>What the agent says on its local socket: a JSON object in each line. Keys stay as they are; others may be added.</summary>
internal static partial class LocalDocuments
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The agent.</summary>
    internal static string OfStatus(LocalStatus status) => Write(json =>
    {
        json.WriteString("device", status.Device);
        json.WriteString("agent", status.AgentVersion);
        WriteUpdate(json, status.Update);
        json.WriteString("bootId", status.BootId.ToString());
        json.WriteNumber("generation", status.Generation);
        json.WriteString("digest", status.Digest);
        json.WriteBoolean("connected", status.IsConnected);
        json.WriteString("controlPlane", status.ControlPlane);
        json.WriteString("paused", status.Paused);
        json.WriteNumber("vms", status.Vms);
        json.WriteNumber("running", status.Running);
        json.WriteNumber("spooledBatches", status.SpooledBatches);
        json.WriteNumber("spooledBytes", status.SpooledBytes);
        json.WriteNumber("reconcilePasses", status.ReconcilePasses);
        WriteVolumes(json, status.Volumes);
        WriteImages(json, status.Images);
        WriteLink(json, status.Link);
        WriteHost(json, status.Host);
        WriteNetwork(json, status.Network);
        json.WriteStartObject("counters");
        foreach ((string name, long value) in status.Counters)
        {
            json.WriteNumber(name, value);
        }

        json.WriteEndObject();
    });

    /// <summary>One VM.</summary>
    internal static string OfVm(VmStatus vm, ulong residentBytes, string address) => Write(json =>
    {
        json.WriteString("name", vm.Name.Value);
        json.WriteString("deployment", vm.Deployment.Value);
        json.WriteNumber("revision", vm.Revision);
        json.WriteString("phase", vm.Phase.ToString());
        json.WriteString("reason", vm.Reason);
        json.WriteString("message", vm.Message);
        json.WriteNumber("restarts", vm.Restarts);
        json.WriteNumber("memoryMib", vm.MemoryMib);
        json.WriteNumber("grantedMib", vm.MemoryGrantedMib > 0 ? vm.MemoryGrantedMib : vm.MemoryMib);
        json.WriteNumber("residentBytes", residentBytes);
        json.WriteNumber("pid", vm.VmmPid);
        json.WriteString("image", vm.ImageDigest.Value);
        json.WriteString("address", address);
    });

    /// <summary>Something that happened.</summary>
    internal static string OfEvent(DeviceEvent happened) => Write(json =>
    {
        json.WriteString("time", TimeOf(DateTimeOffset.FromUnixTimeMilliseconds(happened.AtUnixMs)));
        json.WriteString("vm", happened.Vm?.Value ?? "");
        json.WriteBoolean("warning", happened.IsWarning);
        json.WriteString("reason", happened.Reason);
        json.WriteString("message", happened.Message);
    });

    /// <summary>One line of a workload.</summary>
    internal static string OfLine(SessionLogEntry line) => Write(json =>
    {
        json.WriteNumber("cursor", line.Cursor);
        json.WriteString("time", TimeOf(line.AtUnixNs));
        json.WriteString("stream", line.Stream.ToString().ToLowerInvariant());
        json.WriteString("text", line.Text);
    });

    private static string TimeOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string TimeOf(long unixNs) =>
        DateTime.UnixEpoch.AddTicks(unixNs / TimeSpan.NanosecondsPerTick).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Write(Action<Utf8JsonWriter> content)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
