namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>A map from names to values, in the order written.</summary>
internal sealed record ManifestMap(IReadOnlyList<KeyValuePair<string, ManifestNode>> Fields) : ManifestNode
{
    internal override int Weight { get; } = 1 + Fields.Sum(field => field.Value.Weight);

    internal override string Describe() => $"a map of {Fields.Count}";
}
