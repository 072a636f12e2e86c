using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroVm.ControlPlane.Cli.Login;

/// <summary>Generated JSON code of the file that <c>mvm login</c> writes.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Session))]
internal sealed partial class SessionJsonContext : JsonSerializerContext;
