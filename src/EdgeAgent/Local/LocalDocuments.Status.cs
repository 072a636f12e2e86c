using System.Text.Json;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Local;

/// <content>Parts of the status.</content>
internal static partial class LocalDocuments
{
    private static void WriteUpdate(Utf8JsonWriter json, AgentStatus update)
    {
        json.WriteStartObject("update");
        json.WriteString("version", update.Version);
        json.WriteString("phase", update.Phase.ToString());
        json.WriteString("message", update.Message);
        json.WriteEndObject();
    }

    private static void WriteVolumes(Utf8JsonWriter json, IReadOnlyList<LocalVolume> volumes)
    {
        json.WriteStartArray("volumes");
        foreach (LocalVolume volume in volumes)
        {
            json.WriteStartObject();
            json.WriteString("vm", volume.File.Vm.Value);
            json.WriteString("name", volume.File.Name.Value);
            json.WriteNumber("sizeBytes", volume.File.SizeBytes);
            json.WriteNumber("allocatedBytes", volume.File.AllocatedBytes);
            json.WriteBoolean("desired", volume.IsDesired);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteImages(Utf8JsonWriter json, IReadOnlyList<LocalImage> images)
    {
        json.WriteStartArray("images");
        foreach (LocalImage image in images)
        {
            json.WriteStartObject();
            json.WriteString("name", image.Image.Name);
            json.WriteString("digest", image.Image.Digest.Value);
            json.WriteNumber("sizeBytes", image.Image.SizeBytes);
            json.WriteBoolean("complete", image.IsComplete);
            json.WriteNumber("partialBytes", image.PartialBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLink(Utf8JsonWriter json, LocalLink link)
    {
        json.WriteStartObject("link");
        WriteTime(json, "since", link.Since);
        json.WriteString("fault", link.Fault);
        json.WriteNumber("failures", link.Failures);
        json.WriteBoolean("enrolled", link.IsEnrolled);
        WriteTime(json, "certificateFrom", link.CertificateFrom);
        WriteTime(json, "certificateUntil", link.CertificateUntil);
        json.WriteNumber("trustVersion", link.TrustVersion);
        json.WriteString("identityFault", link.IdentityFault);
        json.WriteString("refusal", link.Refusal);
        json.WriteEndObject();
    }

    private static void WriteHost(Utf8JsonWriter json, LocalHost host)
    {
        json.WriteStartObject("host");
        WriteTime(json, "time", host.Now);
        if (host.IsClockSynchronised is bool synchronised)
        {
            json.WriteBoolean("clockSynchronised", synchronised);
        }
        else
        {
            json.WriteNull("clockSynchronised");
        }

        json.WriteNumber("memoryTotalBytes", host.Memory?.TotalBytes ?? 0);
        json.WriteNumber("memoryAvailableBytes", host.Memory?.AvailableBytes ?? 0);
        json.WriteNumber("vmBudgetMib", host.VmBudgetMib);
        json.WriteNumber("vmFreeMib", host.VmFreeMib);
        json.WriteNumber("agentResidentBytes", host.AgentResidentBytes);
        json.WriteNumber("diskTotalBytes", host.Disk?.TotalBytes ?? 0);
        json.WriteNumber("diskAvailableBytes", host.Disk?.AvailableBytes ?? 0);
        json.WriteEndObject();
    }

    private static void WriteNetwork(Utf8JsonWriter json, LocalNetwork network)
    {
        json.WriteStartObject("network");
        json.WriteBoolean("enabled", network.IsEnabled);
        json.WriteBoolean("up", network.IsUp);
        json.WriteString("pool", network.Pool);
        json.WriteString("gateway", network.Gateway);
        json.WriteNumber("taken", network.Taken);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? at) => json.WriteString(name, at is DateTimeOffset time ? TimeOf(time) : null);
}
