namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>What was sent is not YAML or JSON, or is larger than a manifest may be. The message is one line and says where.</summary>
internal sealed class ManifestSyntaxException(string message, Exception? inner = null) : Exception(message, inner);
