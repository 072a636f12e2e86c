namespace MicroVm.EdgeAgent.Interop;

/// <summary>A program to start.</summary>
/// <param name="Path">Its executable.</param>
/// <param name="Arguments">Its arguments, its own name first.</param>
/// <param name="OutputPath">File that takes its standard output and error; made anew.</param>
internal sealed record SpawnRequest(string Path, IReadOnlyList<string> Arguments, string OutputPath);
