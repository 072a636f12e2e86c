using MicroVm.EdgeAgent.Bundles;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Local;

internal static partial class LocalDocuments
{
    /// <summary>A bundle for this device, whose images come now.</summary>
    internal static string OfBundle(BundleHeader header, ulong generation) => Write(json =>
    {
        json.WriteString("event", "bundle");
        json.WriteNumber("generation", generation);
        json.WriteString("created", TimeOf(header.CreatedUnixMs * 1_000_000));
        json.WriteNumber("devices", header.Devices);
        json.WriteNumber("images", header.Images);
        json.WriteNumber("contentBytes", header.ContentBytes);
    });

    /// <summary>How much of it was read.</summary>
    internal static string OfProgress(long doneBytes, long totalBytes) => Write(json =>
    {
        json.WriteString("event", "progress");
        json.WriteNumber("doneBytes", doneBytes);
        json.WriteNumber("contentBytes", totalBytes);
    });

    /// <summary>An image that this device needs.</summary>
    internal static string OfImage(ImageReference image, BundleImageState state) => Write(json =>
    {
        json.WriteString("event", "image");
        json.WriteString("name", image.Name);
        json.WriteString("digest", image.Digest.Value);
        json.WriteNumber("sizeBytes", image.SizeBytes);
        json.WriteString("state", state.ToString().ToLowerInvariant());
    });

    /// <summary>What it did.</summary>
    internal static string OfOutcome(BundleOutcome outcome) => Write(json =>
    {
        json.WriteString("event", "done");
        json.WriteBoolean("check", outcome.IsCheck);
        json.WriteBoolean("held", outcome.Result == Desired.IntakeResult.AlreadyHeld);
        json.WriteNumber("before", outcome.Before);
        json.WriteNumber("generation", outcome.Generation);
        json.WriteNumber("images", outcome.Imported);
        json.WriteNumber("imageBytes", outcome.ImportedBytes);
        json.WriteNumber("trustVersion", outcome.TrustVersion);
        json.WriteStartArray("changes");
        foreach (BundleChange change in outcome.Changes)
        {
            json.WriteStartObject();
            json.WriteString("vm", change.Vm.Value);
            json.WriteString("change", change.Kind);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("paused", outcome.Paused);
    });
}
