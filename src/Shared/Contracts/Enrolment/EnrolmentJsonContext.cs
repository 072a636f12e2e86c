using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroVm.Shared.Contracts.Enrolment;

/// <summary>Generated JSON code of enrolment, apart from the API's so that a device carries no more than it needs.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(EnrolmentAsk))]
[JsonSerializable(typeof(RenewalAsk))]
[JsonSerializable(typeof(EnrolmentAnswer))]
public sealed partial class EnrolmentJsonContext : JsonSerializerContext;
