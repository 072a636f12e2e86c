namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>A text.</summary>
internal sealed record ManifestText(string Value) : ManifestNode
{
    internal override int Weight => 1;

    internal override string Describe() => Shown(Value);
}
