namespace MicroVm.Vmm.Control.Http;

/// <summary>What answers requests.</summary>
internal interface IHttpHandler
{
    /// <summary>Answers one request; does not keep its spans.</summary>
    HttpResponse Handle(HttpRequest request);

    /// <summary>The answer to what was no request.</summary>
    HttpResponse Refuse(string fault);
}
