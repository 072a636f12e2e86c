namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>A list.</summary>
internal sealed record ManifestList(IReadOnlyList<ManifestNode> Items) : ManifestNode
{
    internal override int Weight { get; } = 1 + Items.Sum(item => item.Weight);

    internal override string Describe() => $"a list of {Items.Count}";
}
