using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>Generated JSON code of the documents in an image layout. Their unknown fields are skipped, as the specification asks.</summary>
[JsonSerializable(typeof(OciLayoutMarker))]
[JsonSerializable(typeof(OciIndex))]
[JsonSerializable(typeof(OciManifest))]
[JsonSerializable(typeof(OciConfig))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class OciJsonContext : JsonSerializerContext;
