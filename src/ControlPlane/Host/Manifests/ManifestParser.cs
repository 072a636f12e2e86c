using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads what an operator applies. Pure: everything wrong in it is found in one go, and nothing is looked up.</summary>
internal static class ManifestParser
{
    /// <summary>Reads YAML or JSON with one or several documents.</summary>
    /// <param name="text">What was sent.</param>
    /// <param name="isJson">Whether it was said to be JSON.</param>
    /// <param name="errors">Everything wrong in it; the result counts only when this is empty.</param>
    /// <exception cref="ManifestSyntaxException">It is not YAML or JSON at all.</exception>
    internal static IReadOnlyList<DeploymentManifest> Parse(string text, bool isJson, out IReadOnlyList<FieldError> errors)
    {
        IReadOnlyList<ManifestNode> documents = isJson ? JsonManifestReader.Read(text) : YamlManifestReader.Read(text);
        if (documents.Count is 0 or > ManifestLimits.Documents)
        {
            throw new ManifestSyntaxException($"manifest: expected 1 to {ManifestLimits.Documents} documents, found {documents.Count}");
        }

        List<FieldError> found = [];
        List<DeploymentManifest> manifests = [];
        for (int i = 0; i < documents.Count; i++)
        {
            FieldReader reader = new(found, documents.Count == 1 ? "" : $"documents[{i}].");
            if (DeploymentReader.Read(reader, documents[i]) is DeploymentManifest manifest)
            {
                manifests.Add(manifest);
            }
        }

        foreach (DeploymentManifest again in manifests.GroupBy(manifest => manifest.Name).SelectMany(same => same.Skip(1)))
        {
            found.Add(new FieldError($"{again.Prefix}metadata.name", "a name that no other document has", again.Name.Value));
        }

        errors = found;
        return manifests;
    }
}
