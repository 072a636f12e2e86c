using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads a document of kind Deployment; each part of it has a reader of its own.</summary>
internal static class DeploymentReader
{
    internal const string ApiVersion = "microvm/v1", Kind = "Deployment";
    private const string Metadata = "metadata", Spec = "spec";

    /// <summary>The document; null, and errors in the reader, when anything is wrong with it.</summary>
    internal static DeploymentManifest? Read(FieldReader reader, ManifestNode document)
    {
        int before = reader.ErrorCount;
        ManifestMap? root = reader.Map("", document, "apiVersion", "kind", Metadata, Spec);
        if (root is null)
        {
            return null;
        }

        Constant(reader, root, "apiVersion", ApiVersion);
        Constant(reader, root, "kind", Kind);
        ManifestMap? metadata = reader.Map(Metadata, FieldReader.Get(root, Metadata), "name");
        ResourceName name = NameReader.Read(reader, metadata, Metadata, "name") ?? default;
        ManifestNode? specNode = FieldReader.Get(root, Spec);
        ManifestMap? spec = reader.Map(Spec, specNode, "selector", "workload", "strategy");
        if (spec is null)
        {
            return null;
        }

        LabelSelector selector = SelectorReader.Read(reader, $"{Spec}.selector", FieldReader.Get(spec, "selector"));
        DeploymentManifest? manifest = WorkloadReader.Read(reader, FieldReader.Get(spec, "workload"), name);
        manifest = manifest is null ? null : manifest with
        {
            Selector = selector,
            Strategy = StrategyReader.Read(reader, FieldReader.Get(spec, "strategy")),
            SpecJson = ManifestJson.Write(specNode!),
        };
        return reader.ErrorCount == before ? manifest : null;
    }

    private static void Constant(FieldReader reader, ManifestMap map, string name, string expected)
    {
        string? text = reader.Text(map, "", name, expected);
        if (text is not null && text != expected)
        {
            reader.Fail(name, expected, new ManifestText(text));
        }
    }
}
