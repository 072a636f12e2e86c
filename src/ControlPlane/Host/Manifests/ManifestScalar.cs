namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>A number, a truth value or nothing.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Literal">As it was written.</param>
internal sealed record ManifestScalar(ManifestScalarKind Kind, string Literal) : ManifestNode
{
    internal override int Weight => 1;

    internal override string Describe() => Kind == ManifestScalarKind.Null ? "nothing" : $"the {Kind.ToString().ToLowerInvariant()} {Shown(Literal)}";
}
