using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>The API's documents as text.</summary>
internal static class Json
{
    /// <summary>Over several lines.</summary>
    public static ApiJsonContext Indented { get; } = new(Options(indented: true));

    /// <summary>On one line, for streams of documents.</summary>
    public static ApiJsonContext Line { get; } = new(Options(indented: false));

    /// <summary>A document as text.</summary>
    public static string Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    // The output goes to terminals and files, never into HTML.
    private static JsonSerializerOptions Options(bool indented) =>
        new(JsonSerializerDefaults.Web) { WriteIndented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
