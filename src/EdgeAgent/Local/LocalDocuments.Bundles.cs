using MicroVm.EdgeAgent.Bundles;
using MicroVm.Shared.Contracts.Bundles;

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

    /// <summary>An image or an agent that this device needs.</summary>
    internal static string OfContent(BundleContent content, BundleContentState state) => Write(json =>
    {
        json.WriteString("event", content.Kind);
        json.WriteString("name", content.Image.Name);
        json.WriteString("digest", content.Image.Digest.Value);
        json.WriteNumber("sizeBytes", content.Image.SizeBytes);
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
        if (outcome.Agent is BundleRelease agent)
        {
            json.WriteStartObject("agent");
            json.WriteString("version", agent.Target.Version.Value);
            json.WriteBoolean("taken", agent.IsTaken);
            json.WriteString("phase", agent.Standing.Phase.ToString());
            json.WriteString("message", agent.Standing.Message);
            json.WriteEndObject();
        }

        json.WriteString("paused", outcome.Paused);
    });
}
