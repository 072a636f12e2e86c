namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>An extended attribute of a file.</summary>
/// <param name="Name">Name with its name space, such as <c>security.capability</c>, as <see cref="RawText"/>.</param>
/// <param name="Value">Any bytes.</param>
internal sealed record ExtendedAttribute(string Name, byte[] Value);
