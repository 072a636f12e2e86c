namespace MicroVm.ControlPlane.Cli.Login;

/// <summary>Which control plane, as whom, and whose certificate it has to have.</summary>
/// <param name="Server">Its address.</param>
/// <param name="Token">A token; empty when there is none.</param>
/// <param name="Authorities">Certificates in PEM that its own has to be of; empty for the system's.</param>
internal sealed record Session(string Server, string Token, string Authorities);
