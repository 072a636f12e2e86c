namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>A column of a table.</summary>
/// <param name="Title">Heading.</param>
/// <param name="IsNumber">Aligned to the right.</param>
internal sealed record Column(string Title, bool IsNumber = false);
